public import HTTPMessages

/// Answers HTTP requests, whichever of Lambda's HTTP sources they come by, each in the form of its own.
///
///     HTTPLambdaHandler { request, context in
///         Response(.ok, headers: ["Content-Type": "text/plain"], body: Array("Hello from \(request.path)".utf8))
///     }.run()
public struct HTTPLambdaHandler: LambdaHandler {
    private let respond: @Sendable (HTTPEvent, LambdaContext) throws -> Response

    /// - Parameter respond: is given the request without the name of the stage in its path. What it throws becomes an error of
    ///   the function, which the client sees as status 502: what a client is to understand is a response.
    public init(_ respond: @escaping @Sendable (Request, LambdaContext) throws -> Response) {
        self.respond = { try respond($0.requestWithoutStage, $1) }
    }

    /// - Parameter respond: is given what the source says of the request besides.
    public init(event respond: @escaping @Sendable (HTTPEvent, LambdaContext) throws -> Response) {
        self.respond = respond
    }

    /// Replies in the form of the event.
    public func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let event = try HTTPEvent(event)
        return event.reply(to: try respond(event, context))
    }
}
