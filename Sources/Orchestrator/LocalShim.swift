import HTTPServer
import HTTPTypes
import LambdaRuntime
import Resilience

/// The Lambda function behind a port of this machine: each request becomes the event that API Gateway would make of it, and
/// each reply the response that API Gateway would make of that. What works here works there.
struct LocalShim: Sendable {
    let door: LambdaDoor

    func respond(_ request: Request, _ arrival: Arrival) -> Response {
        let event = APIGatewayV2Event(request, sourceIP: arrival.remoteAddress)
        // The deadline counts from the arrival, and there is no Lambda that would end the process.
        let response = door.respond(HTTPEvent(event, .httpAPI), arrival, by: nil)
        return APIGatewayV2Reply(response).response
    }
}
