import HTTPMessages
import JSON
import LambdaRuntime
import WebApplication

/// Lambda's Invoke API on the local port: any event, answered as Lambda would.
struct LocalInvocation: Sendable {
    /// Where Lambda's own emulator takes events.
    static let path = "/2015-03-31/functions/function/invocations"

    /// Deeper than any event; the parser recurses.
    private static let depthMax = 128

    let function: LambdaFunction

    /// An event of a queue or a bare order has no token of its own, so the call needs one.
    var routes: [Route] {
        [Route("invokeFunction", .post, LocalInvocation.path, access: .apiToken, handler: handle)]
    }

    private func handle(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        if let type = request.headers["X-Amz-Invocation-Type"], !type.hasSameBytes(as: "RequestResponse") {
            throw .invalidHeader("X-Amz-Invocation-Type", "only RequestResponse is served here.")
        }
        let event: JSONValue
        // As Lambda does, which hands no other text to a function.
        do { event = try JSONParser.parse(request.body, depthMax: LocalInvocation.depthMax) } catch {
            throw .malformedJSON(error.message)
        }
        // No event is anything else, so it is told here rather than by a failure of the function.
        guard event.object != nil else { throw .bodyNotObject }
        let invocation = LambdaInvocation(
            of: function, request.body,
            LambdaContext(requestID: context.correlationID, deadline: context.deadline, logger: context.logger))
        switch invocation {
        case .reply(let body): return .json(.ok, body)
        case .functionError(let body): return .json(.ok, body, headers: ["X-Amz-Function-Error": "Unhandled"])
        }
    }
}
