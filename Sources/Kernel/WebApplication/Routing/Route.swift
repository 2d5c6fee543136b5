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
    ///   - handler: nil while there is nothing to answer; then it is called again. The last time, when the request's time is
    ///     up, it has to answer.
    package init(
        _ operationID: String, _ method: Method, _ path: String, access: AccessRule, waitingFor signal: WakeSignal,
        handler: @escaping WaitingHandler
    ) {
        self.operationID = operationID
        self.method = method
        self.path = path
        self.access = access
        bodies = .json
        priority = access.isAboutService ? .service : .ordinary
        isImmediate = false
        action = .wait(signal, handler)
    }
}
