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
    package let handler: Handler

    package init(
        _ operationID: String, _ method: Method, _ path: String, access: AccessRule, bodies: RequestBodies = .json,
        handler: @escaping Handler
    ) {
        self.operationID = operationID
        self.method = method
        self.path = path
        self.access = access
        self.bodies = bodies
        self.handler = handler
    }
}
