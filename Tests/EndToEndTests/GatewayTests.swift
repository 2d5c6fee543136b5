import HTTPMessages
import JSON
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    struct GatewayTests {
        @Test func `it takes what is for customers to the service that has it, and nothing else`() throws {
            try withGateway { (system, gateway) in
                let health = try gateway.send(.get, "/api/v1/health")
                #expect(health.status == 200 && health.json["name"] == .string("orders-api"), "\(health.json)")
                let orders = try gateway.send(.get, "/api/v1/orders")
                #expect(orders.status == 401 && orders.code == "unauthorized", "\(orders.json)")
                let login = try gateway.send(.post, "/api/v1/auth/login", "{}")
                #expect(login.code == "validation-failed", "\(login.json)")
                let operators = [
                    "/", "/metrics", "/health", "/health/detailed", "/admin/orders/find-all", "/problem/404",
                    "/api/v1", "/api/v1/auth", "/api/v2/orders", "/orders/", "/orders/1",
                    "/api/v1/../../admin/orders/find-all", "/api/v1/%2e%2e/%2E%2e/admin/orders/find-all",
                    "/api/v1/..%2f..%2fadmin/orders/find-all", "//admin/orders/find-all",
                    "/api/v1/auth/../../../admin/customers/find-all",
                ]
                for target in operators {
                    let reply = try text(of: "GET \(target) HTTP/1.1", to: gateway)
                    #expect(reply.status == 404, "\(target): \(reply.text)")
                    #expect(try JSONParser.parse(reply.body)["code"] == .string("route-not-found"), "\(target)")
                    #expect(reply.headers["Content-Type"] == "application/problem+json")
                }
                // Decoded once by nobody: it stays a path below /api/v1, where nothing is.
                let twice = try text(
                    of: "GET /api/v1/%252e%252e/%252e%252e/admin/orders/find-all HTTP/1.1", to: gateway)
                #expect(twice.status == 404, "\(twice.text)")
            }
        }

        @Test func `the one-line order goes to where orders are taken, by POST only`() throws {
            try withGateway { (system, gateway) in
                let refused = try gateway.send(.post, "/orders", #"{"productId":1,"quantity":2}"#)
                #expect(refused.status == 401 && refused.code == "unauthorized", "\(refused.json)")
                let read = try gateway.send(.get, "/orders")
                #expect(read.status == 405 && read.code == "method-not-allowed", "\(read.json)")
                #expect(read.response.headers["Allow"] == "POST")
            }
        }

        @Test func `what is too large, too often or behind a service that is away is a problem`() throws {
            try withGateway { (system, gateway) in
                let large = try gateway.send(
                    .post, "/api/v1/orders", "\"" + String(repeating: "x", count: 1_048_576) + "\"")
                #expect(large.status == 413 && large.code == "body-too-large", "\(large.json)")
                let head = try gateway.send(
                    .get, "/api/v1/orders", headers: ["X-Long": String(repeating: "x", count: 17_000)])
                #expect(head.status == 431 && head.code == "headers-too-large", "\(head.json)")
                let guesses = try (0..<40).map { _ in try gateway.send(.post, "/api/v1/auth/login", "{}").status }
                #expect(guesses.first == 422 && guesses.contains(429), "\(guesses)")
                system.ordersProcess.end()
                let away = try gateway.send(.get, "/api/v1/orders")
                #expect(away.status == 503 && away.code == "gateway-unavailable", "\(away.json)")
                #expect(away.response.headers["Retry-After"] == "1")
                #expect(away.json["retryable"] == .bool(true))
            }
        }

        private func withGateway(_ body: (RunningSystem, Gateway) throws -> Void) throws {
            try withSystem { system in
                let gateway = try Gateway(before: system)
                defer { gateway.end() }
                try body(system, gateway)
            }
        }

        /// The answer to a request line of any form.
        private func text(of line: String, to gateway: Gateway) throws -> RawResponse {
            let connection = try RawConnection(port: gateway.port)
            connection.send("\(line)\r\nHost: gateway.example\r\nConnection: close\r\n\r\n")
            return try connection.response()
        }
    }
}
