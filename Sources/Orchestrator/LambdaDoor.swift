import HTTPServer
import HTTPTypes
import LambdaRuntime
import Resilience

/// The application as a Lambda function: behind any of Lambda's HTTP doors, invoked directly, fed by a queue, or started by a
/// schedule.
struct LambdaDoor: LambdaHandler {
    /// 300 ms to answer in before Lambda ends the process: an answer too late is an outcome unknown.
    static let answerReserveMilliseconds = 300

    let application: Application
    let directOrders: DirectOrders
    let sweep: ScheduledSweep

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let deadline = context.deadline.earlier(milliseconds: LambdaDoor.answerReserveMilliseconds)
        switch try LambdaEvent(event) {
        case .http(let event): return event.reply(to: respond(event, by: deadline))
        case .direct(let body): return try directOrders.place(body, correlationID: context.requestID, by: deadline)
        case .queue(let event): return directOrders.place(event, by: deadline)
        case .eventBridge(let event):
            guard event.isScheduled else {
                throw LambdaEventError.unexpectedSource(event.source, expected: "schedules of EventBridge")
            }
            return try sweep.run(correlationID: context.requestID, by: deadline)
        }
    }

    /// The same function with another application behind its HTTP doors.
    func serving(_ application: Application) -> LambdaDoor {
        LambdaDoor(application: application, directOrders: directOrders, sweep: sweep)
    }

    /// The application's answer to a request that came as an event.
    func respond(_ event: HTTPEvent, _ arrival: Arrival? = nil, by deadline: Deadline?) -> Response {
        let arrival =
            arrival
            ?? Arrival(uptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: event.sourceIP ?? "")
        return application.respond(event.requestWithoutStage, arrival, by: deadline)
    }
}
