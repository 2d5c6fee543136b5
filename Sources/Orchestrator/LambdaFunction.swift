import Concurrency
import HTTPMessages
import LambdaRuntime
import Telemetry
import WebApplication

/// The application as a Lambda function: behind any of Lambda's HTTP sources, invoked directly, fed by a queue, or started by a
/// schedule.
struct LambdaFunction: LambdaHandler {
    /// 300 ms to answer in before Lambda ends the process: an answer too late is an outcome unknown.
    static let answerReserveMilliseconds = 300

    let application: Application
    let directOrders: DirectOrders
    let sweep: ScheduledSweep
    /// Nil where there is a port, whose process goes on after a reply.
    let telemetry: LambdaTelemetry?

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        // Whatever comes of it, and before the reply.
        defer { telemetry?.flush(by: context.deadline) }
        let trace = context.traceID.flatMap { TraceContext(xray: $0) }
        var logger = context.logger
        // A caller's own trace id may be the one in the lines; this one finds the invocation in X-Ray.
        if let trace { logger = logger.with("xray_trace_id", trace.xrayRoot) }
        let deadline = context.deadline.earlier(milliseconds: LambdaFunction.answerReserveMilliseconds)
        switch try LambdaEvent(event) {
        case .http(let event):
            return event.reply(to: respond(event, logger: logger, trace: trace, by: deadline))
        case .direct(let body):
            return try directOrders.logging(to: logger).place(
                body, correlationID: context.requestID, trace: trace, by: deadline)
        case .queue(let event): return directOrders.logging(to: logger).place(event, trace: trace, by: deadline)
        case .eventBridge(let event):
            guard event.isScheduled else {
                throw LambdaEventError.unexpectedSource(event.source, expected: "schedules of EventBridge")
            }
            return try sweep.logging(to: logger).run(correlationID: context.requestID, trace: trace, by: deadline)
        }
    }

    /// The same function with another application behind its HTTP sources.
    func serving(_ application: Application) -> LambdaFunction {
        LambdaFunction(application: application, directOrders: directOrders, sweep: sweep, telemetry: telemetry)
    }

    /// The application's answer to a request that came as an event.
    ///
    /// - Parameters:
    ///   - metadata: nil for a request that comes now.
    ///   - logger: nil for the application's.
    ///   - trace: of the invocation; else the request's `X-Amzn-Trace-Id` names it, which clients can write as well.
    func respond(
        _ event: HTTPEvent, _ metadata: RequestMetadata? = nil, logger: Logger? = nil, trace: TraceContext? = nil,
        by deadline: Deadline?
    ) -> Response {
        let header = event.request.headers["X-Amzn-Trace-Id"]
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: metadata?.receivedAtUptimeNanoseconds ?? Deadline.nowUptimeNanoseconds(),
            remoteAddress: metadata?.remoteAddress ?? event.sourceIP ?? "")
        let trace = trace ?? header.flatMap { TraceContext(xray: $0) }
        return application.respond(
            event.requestWithoutStage, metadata, logger: logger, trace: trace, by: deadline)
    }
}
