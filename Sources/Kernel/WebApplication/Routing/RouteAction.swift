package import Concurrency
package import HTTPMessages
private import Resilience

/// What answers a request, or says that there is nothing to answer yet. Runs on a thread that may block, within
/// `context.deadline`.
///
/// - Parameter isLast: whether it has to answer.
package typealias WaitingHandler =
    @Sendable (
        _ request: Request, _ context: RequestContext, _ isLast: Bool
    ) throws(Problem) -> Response?

/// What an operation made of a request.
package enum RoutedOutcome: Sendable {
    case response(Response)
    /// It is to be resumed when the signal has fired after `version`, or for the last time when the time is up.
    case waiting(
        WakeSignal, version: UInt64, until: Deadline,
        resume: @Sendable (_ isLast: Bool) throws(Problem) -> RoutedOutcome)
}

extension RoutedOutcome {
    /// This outcome, with its answer changed: at once, or when it has come after a wait.
    ///
    /// - Parameters:
    ///   - response: what becomes of an answer.
    ///   - problem: what becomes of a problem that comes after a wait.
    func mapping(
        _ response: @escaping @Sendable (Response) -> Response, problem: @escaping @Sendable (Problem) -> Problem
    ) -> RoutedOutcome {
        switch self {
        case .response(let given): .response(response(given))
        case .waiting(let signal, let version, let end, let resume):
            .waiting(signal, version: version, until: end) { (isLast) throws(Problem) in
                do throws(Problem) { return try resume(isLast).mapping(response, problem: problem) } catch {
                    throw problem(error)
                }
            }
        }
    }
}

/// How an operation comes to its answer.
enum RouteAction: Sendable {
    case answer(Handler)
    case wait(@Sendable (RequestContext) -> WakeSignal, secondsMax: @Sendable (Request) -> Int, WaitingHandler)

    func run(_ routed: RoutedRequest) throws(Problem) -> RoutedOutcome {
        switch self {
        case .answer(let handler): .response(try handler(routed.request, routed.context))
        case .wait(let signal, let secondsMax, let handler):
            try RouteAction.attempt(
                routed, signal(routed.context), until: RouteAction.end(of: routed, secondsMax(routed.request)), handler,
                isLast: false)
        }
    }

    /// When a request has waited long enough.
    private static func end(of routed: RoutedRequest, _ secondsMax: Int) -> Deadline {
        let (milliseconds, hasOverflowed) = secondsMax.multipliedReportingOverflow(by: 1000)
        return routed.context.deadline.leavingTimeToAnswer.capped(milliseconds: hasOverflowed ? .max : milliseconds)
    }

    private static func attempt(
        _ routed: RoutedRequest, _ signal: WakeSignal, until end: Deadline, _ handler: @escaping WaitingHandler,
        isLast: Bool
    ) throws(Problem) -> RoutedOutcome {
        // Read before the handler looks: what happens meanwhile has it look again.
        let version = signal.version
        if let response = try handler(routed.request, routed.context, isLast || end.hasPassed) {
            return .response(response)
        }
        guard !isLast else { throw .deadlineExceeded }
        return .waiting(signal, version: version, until: end) { (isLast) throws(Problem) in
            try attempt(routed, signal, until: end, handler, isLast: isLast)
        }
    }
}
