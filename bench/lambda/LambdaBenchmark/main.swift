import LambdaRuntime

/// Sends each event back as it came: what the loop itself costs.
struct RawEcho: LambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) -> [UInt8] { event }
}

if CommandLine.arguments.contains("api-gateway") {
    // Reads each event as a request of API Gateway and answers with the request's body: what the codec adds.
    LambdaRuntime.run(
        HTTPLambdaHandler { request, _ in
            Response(.ok, headers: ["Content-Type": "application/json"], body: request.body)
        })
} else {
    LambdaRuntime.run(RawEcho())
}
