private import Concurrency
package import HTTPMessages
package import WebApplication

/// Calls an application the way its server does, without a socket between.
package struct ApplicationClient: Sendable {
    package let application: Application
    /// What every request carries.
    package var headers: HeaderFields

    package init(_ application: Application, headers: HeaderFields = [:]) {
        self.application = application
        self.headers = headers
    }

    /// This client with one more field on every request.
    package func with(_ name: String, _ value: String) -> ApplicationClient {
        var client = self
        client.headers.append(name, value)
        return client
    }

    /// This client with a bearer token on every request.
    package func with(token: String) -> ApplicationClient { with("Authorization", "Bearer \(token)") }

    /// This client with an idempotency key on every request.
    package func with(key: String) -> ApplicationClient { with("X-Idempotency-Key", key) }

    package func get(_ target: String) -> Reply { send(.get, target) }

    package func post(_ target: String, _ body: String = "") -> Reply { send(.post, target, body) }

    package func patch(_ target: String, _ body: String = "") -> Reply { send(.patch, target, body) }

    package func send(_ method: Method, _ target: String, _ body: String = "") -> Reply {
        var request = Request(method, target, headers: headers, body: Array(body.utf8))
        if !body.isEmpty, request.headers["Content-Type"] == nil {
            request.headers["Content-Type"] = "application/json"
        }
        let arrival = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1")
        let response = application.respond(request, arrival)
        ApplicationContracts.note(request, response, of: application)
        return Reply(response)
    }
}
