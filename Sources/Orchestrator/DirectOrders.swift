import Concurrency
import HTTPMessages
import JSON
import LambdaRuntime
import Telemetry
import WebApplication

/// Orders that come without HTTP around them: the bare body of a call, from whoever may invoke the function or write to its
/// queue. That is for IAM to decide, so no token is asked for.
struct DirectOrders: Sendable {
    let application: Application
    /// What the calls made here carry in place of a caller's token.
    let token: ServiceToken
    let logger: Logger
    /// Decides which traces that begin here are recorded.
    let spans: SpanSink?

    /// The same orders with a logger whose lines carry the id that Lambda gave to the invocation.
    func logging(to logger: Logger) -> DirectOrders {
        DirectOrders(application: application, token: token, logger: logger, spans: spans)
    }

    /// Places the order that `body` asks for.
    ///
    /// - Parameter trace: of which the call is part; nil begins a new one.
    /// - Returns: the body of the 201.
    /// - Throws: `OrderRefused`, `OrderNotFinished`. Every failure is an error of the function: an invoker that looks no
    ///   further than Lambda's own signs, as destinations and state machines do, must not take a refused order for a placed one.
    func place(
        _ body: [UInt8], correlationID: String, trace: TraceContext?, by deadline: Deadline
    ) throws -> [UInt8] {
        let response = call(body, correlationID: correlationID, trace: trace, by: deadline)
        guard !response.status.isSuccess else { return response.body }
        let problem = String(decoding: response.body, as: UTF8.self)
        if DirectOrders.isPermanent(response) { throw OrderRefused(description: problem) }
        throw OrderNotFinished(description: problem)
    }

    /// Places an order for each message.
    ///
    /// - Parameter trace: of the messages that were not sent within one.
    /// - Returns: the messages whose order was not placed. One that is refused for good is among them: nobody waits for the
    ///   answer, so it is for the queue to move it where somebody looks, after as many deliveries as its redrive policy says.
    ///   Each of those is refused alike and changes nothing.
    func place(_ event: SQSEvent, trace: TraceContext?, by deadline: Deadline) -> [UInt8] {
        event.reply(mayStart: { !deadline.hasPassed }, report: { _, _ in }) { message in
            let trace = message.trace ?? trace ?? TraceContext(continuing: nil, for: spans)
            let logger = logger.with(["message_id": message.messageID]).with(trace.logFields)
            do {
                _ = try place(
                    Array(message.body.utf8), correlationID: message.messageID, trace: trace, by: deadline)
            } catch let error as OrderRefused {
                logger.error("an order from the queue was refused", ["problem": error.description])
                throw error
            } catch {
                logger.warning(
                    "an order from the queue is to be delivered again", ["problem": String(describing: error)])
                throw error
            }
        }
    }

    /// The call takes the way of every other, so that it is logged, measured and answered alike.
    private func call(
        _ body: [UInt8], correlationID: String, trace: TraceContext?, by deadline: Deadline
    ) -> Response {
        let milliseconds = min(max(deadline.remainingMilliseconds, 1), RequestHeaders.timeoutMillisecondsMax)
        var request = Request(
            .post, CreateAndConfirmOrder.path,
            headers: [
                "Authorization": "Bearer \(token.current)", "Content-Type": "application/json",
                "X-Request-Timeout-Ms": String(milliseconds),
            ], body: body)
        if RequestHeaders.isCorrelationID(correlationID) { request.headers["X-Correlation-Id"] = correlationID }
        let metadata = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "")
        return application.respond(request, metadata, logger: logger, trace: trace, by: deadline)
    }

    /// Whether the same body will be refused however often it comes. A failure inside this service may have been mended by then.
    private static func isPermanent(_ response: Response) -> Bool {
        guard !response.status.isServerError, let problem = try? JSONParser.parse(response.body) else { return false }
        return problem["retryable"]?.bool == false
    }
}

extension SQSMessage {
    /// The trace that it was sent in: a `traceparent` of the sender's, or what SQS says of it.
    fileprivate var trace: TraceContext? {
        messageAttributes["traceparent"]?.stringValue.flatMap { TraceContext(child: $0) }
            ?? attributes["AWSTraceHeader"].flatMap { TraceContext(xray: $0) }
    }
}

/// An order that was refused for good. Its description is the problem, in JSON.
struct OrderRefused: Error, CustomStringConvertible {
    let description: String
}

/// An order of which it is not known whether it was placed; the same body again carries it through. Its description is the
/// problem, in JSON.
struct OrderNotFinished: Error, CustomStringConvertible {
    let description: String
}
