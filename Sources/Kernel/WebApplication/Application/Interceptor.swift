private import Concurrency
package import HTTPMessages

/// A request whose operation and caller are known.
package struct RoutedRequest: Sendable {
    package let request: Request
    package let route: Route
    package let context: RequestContext
}

/// What every request passes between its route and its handler: it may refuse the request, answer it, or change what goes on. A
/// request that waits is not passed through again when it is resumed.
package protocol Interceptor: Sendable {
    /// - Parameter next: the interceptors behind this one, and the handler last. Called once, or not at all.
    func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome
}

/// Refuses a body in a form that the operation does not read, or larger than it takes.
struct BodyCheck: Interceptor {
    func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome {
        try routed.route.bodies.check(routed.request)
        return try next(routed)
    }
}

/// Refuses operations that cannot be served yet, but for those that tell how the service is.
struct AdmissionCheck: Interceptor {
    let admit: @Sendable () throws(Problem) -> Void

    func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome {
        if !routed.route.access.isAboutService { try admit() }
        return try next(routed)
    }
}

/// Refuses a request that waited in the queue past its time: nobody waits for the answer any more.
struct DeadlineCheck: Interceptor {
    func intercept(
        _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
    ) throws(Problem) -> RoutedOutcome {
        guard !routed.context.deadline.hasPassed else { throw .deadlineExceeded }
        return try next(routed)
    }
}
