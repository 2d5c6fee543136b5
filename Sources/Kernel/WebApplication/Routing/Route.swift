package import Concurrency
package import HTTPMessages

/// What answers a request. Runs on a thread that may block, within `context.deadline`.
package typealias Handler = @Sendable (Request, RequestContext) throws(Problem) -> Response

/// One operation of the contract.
package struct Route: Sendable {
    /// The `operationId` in `openapi/*.yaml`: the name of the operation in logs, metrics and tests.
    package let operationID: String
    package let method: Method
    /// The path template as the contract writes it: `/admin/orders/{id}/confirm`.
    package let path: String
    package let access: AccessRule
    package let bodies: RequestBodies
    package let priority: RequestClass.Priority
    /// Whether the server answers it on the thread that reads requests, whatever waits for a worker.
    let isImmediate: Bool
    let action: RouteAction

    /// - Parameter isImmediate: only where the handler waits for nothing, and the path has no parameter.
    package init(
        _ operationID: String, _ method: Method, _ path: String, access: AccessRule, bodies: RequestBodies = .json,
        priority: RequestClass.Priority = .ordinary, isImmediate: Bool = false, handler: @escaping Handler
    ) {
        self.operationID = operationID
        self.method = method
        self.path = path
        self.access = access
        self.bodies = bodies
        self.priority = access.isAboutService ? .service : priority
        self.isImmediate = isImmediate
        action = .answer(handler)
    }

    /// An operation that may wait for something without a thread.
    ///
    /// - Parameters:
    ///   - signal: when to look again.
    ///   - secondsMax: how long a request may wait; one whose time is up earlier is answered then. 0 has it answered at once.
    ///   - handler: nil while there is nothing to answer; then it is called again. The last time, when the request's time is
    ///     up, it has to answer.
    package init(
        _ operationID: String, _ method: Method, _ path: String, access: AccessRule,
        priority: RequestClass.Priority = .ordinary, waitingFor signal: WakeSignal,
        atMost secondsMax: @escaping @Sendable (Request) -> Int = { _ in .max },
        handler: @escaping WaitingHandler
    ) {
        self.init(
            operationID, method, path, access: access, priority: priority, waitingFor: { _ in signal },
            atMost: secondsMax, handler: handler)
    }

    /// As above, where what it waits for depends on what the path names.
    package init(
        _ operationID: String, _ method: Method, _ path: String, access: AccessRule,
        priority: RequestClass.Priority = .ordinary,
        waitingFor signal: @escaping @Sendable (RequestContext) -> WakeSignal,
        atMost secondsMax: @escaping @Sendable (Request) -> Int = { _ in .max },
        handler: @escaping WaitingHandler
    ) {
        self.operationID = operationID
        self.method = method
        self.path = path
        self.access = access
        bodies = .json
        self.priority = access.isAboutService ? .service : priority
        isImmediate = false
        action = .wait(signal, secondsMax: secondsMax, handler)
    }
}
