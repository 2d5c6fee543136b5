private import FaultPoints
internal import HTTPMessages
internal import Telemetry

/// Where answers come from: the application's two functions, behind a check that what they give can be written.
struct AnswerSource: Sendable {
    let respond: @Sendable (Request, RequestMetadata) -> Response
    let refuse: @Sendable (RequestRefusal, Request?) -> Response
    let logger: Logger

    /// Runs the handler, on a worker's thread. A request that was answered while it waited is left alone.
    func handle(_ exchange: Exchange) {
        guard !exchange.isSettled else { return }
        faultPoint("http-server.request-read")
        exchange.settle(checked(respond(exchange.request, exchange.metadata), exchange.request))
    }

    func refusal(_ refusal: RequestRefusal, _ request: Request?) -> Response {
        let response = refuse(refusal, request)
        guard let flaw = ResponseFraming.flaw(in: response) else { return response }
        logger.error("A refusal cannot be written.", ["flaw": flaw, "reason": String(describing: refusal)])
        return Response(.internalServerError)
    }

    private func checked(_ response: Response, _ request: Request) -> Response {
        guard let flaw = ResponseFraming.flaw(in: response) else { return response }
        logger.error("A response cannot be written.", ["flaw": flaw, "path": String(request.path)])
        return refusal(.unwritableResponse, request)
    }
}
