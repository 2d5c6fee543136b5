private import Glibc
import HTTPTypes
import LambdaRuntime
import Telemetry

/// Sends each event back as it came: what the loop itself costs.
struct RawEcho: LambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) -> [UInt8] { event }
}

/// Reads each event as a request of API Gateway and answers with the request's body: what the codec adds.
struct APIGatewayEcho: LambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let request = try APIGatewayV2.request(from: event).request
        return APIGatewayV2.event(
            from: Response(.ok, headers: ["Content-Type": "application/json"], body: request.body))
    }
}

let handler: any LambdaHandler = CommandLine.arguments.contains("api-gateway") ? APIGatewayEcho() : RawEcho()
guard let api = getenv("AWS_LAMBDA_RUNTIME_API") else {
    print("AWS_LAMBDA_RUNTIME_API is not set; scripts/bench lambda starts this program.")
    exit(1)
}
do {
    try LambdaRuntime(handler: handler, api: String(cString: api), logger: Logger(service: "benchmark")).run()
} catch {
    print(error)
    exit(1)
}
