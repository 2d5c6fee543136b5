import Concurrency
import HTTPMessages
import LambdaRuntime
import WebApplication

/// The Lambda function behind a port of this machine: each request becomes the event that API Gateway would make of it, and
/// each reply the response that API Gateway would make of that. What works here works there.
struct LocalShim: Sendable {
    let function: LambdaFunction

    func respond(_ request: Request, _ metadata: RequestMetadata) -> Response {
        let event = APIGatewayV2Event(request, sourceIP: metadata.remoteAddress)
        // The deadline counts from the arrival, and there is no Lambda that would end the process.
        let response = function.respond(HTTPEvent(event, .httpAPI), metadata, by: nil)
        return APIGatewayV2Reply(response).response
    }
}
