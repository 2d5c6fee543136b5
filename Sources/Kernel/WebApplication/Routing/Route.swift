package import HTTPMessages

/// What answers a request. Runs on a thread that may block, within `context.deadline`.
package typealias Handler = @Sendable (Request, RequestContext) throws(Problem) -> Response

/// One operation of the contract.
package struct Route: Sendable {
    /// Who may call an operation.
    package enum Access: Sendable {
        /// Everybody: liveness, metrics.
        case everybody
        /// Holders of the API token, where one is configured, and of the service token.
        case apiToken
        /// Holders of the service token only.
        case serviceToken
        /// Holders of either token, always.
        case anyToken
    }

    /// The `operationId` in `openapi/*.yaml`: the name of the operation in logs, metrics and tests.
    package let operationID: String
    package let method: Method
    /// The path template as the contract writes it: `/admin/orders/{id}/confirm`.
    package let path: String
    package let access: Access
    package let handler: Handler

    package init(
        _ operationID: String, _ method: Method, _ path: String, access: Access, handler: @escaping Handler
    ) {
        self.operationID = operationID
        self.method = method
        self.path = path
        self.access = access
        self.handler = handler
    }
}
