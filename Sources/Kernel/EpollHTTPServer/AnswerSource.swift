private import FaultPoints
internal import HTTPMessages
internal import Telemetry

/// Where answers come from: the application's functions, behind a check that what they give can be written.
struct AnswerSource: Sendable {
    let respond: @Sendable (Request, RequestMetadata) -> RequestOutcome
    let refuse: @Sendable (RequestRefusal, Request?) -> Response
    let classify: @Sendable (Request, RequestMetadata) -> RequestClass
    let answersAtOnce: @Sendable (Request) -> Bool
    let logger: Logger

    /// Runs the handler. A request that was answered while it waited is left alone.
    ///
    /// - Returns: what the request waits for, if it is to be parked.
    func handle(_ call: HandlerCall) -> ParkedRequest? {
        let exchange = call.exchange
        guard !exchange.isSettled else { return nil }
        let outcome: RequestOutcome
        if let parked = call.parked {
            outcome = parked.resume(call.isLast)
        } else {
            faultPoint("http-server.request-read")
            outcome = respond(exchange.request, exchange.metadata)
        }
        switch outcome {
        case .response(let response):
            exchange.settle(checked(response, exchange.request))
            return nil
        case .parked(let parked): return parked
        }
    }

    func refusal(_ refusal: RequestRefusal, _ request: Request?) -> Response {
        let response = refuse(refusal, request)
        guard let flaw = ResponseFraming.flaw(in: response) else { return response }
        logger.error("A refusal cannot be written.", ["flaw": flaw, "reason": String(describing: refusal)])
        return Response(.internalServerError)
    }

    private func checked(_ response: Response, _ request: Request) -> Response {
        guard let flaw = ResponseFraming.flaw(in: response) else { return response }
        logger.error("A response cannot be written.", ["flaw": flaw, "method": request.method.rawValue])
        return refusal(.unwritableResponse, request)
    }
}
