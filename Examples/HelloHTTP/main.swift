import LambdaRuntime

// Greets whoever `?name=` names. Errors that a client should understand are responses, like this one.
HTTPLambdaHandler { request, context in
    guard request.method == .get else { return Response(.methodNotAllowed, headers: ["Allow": "GET"]) }
    let name = request.queryValue("name") ?? "world"
    return .json(.ok) { writer in
        writer.member("greeting", "Hello, \(name)!")
        writer.member("path", String(request.path))
        writer.member("request_id", context.requestID)
    }
}.run()
