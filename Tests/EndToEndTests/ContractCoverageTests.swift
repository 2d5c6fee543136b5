import Concurrency
import ConcurrencyTesting
import ContractReading
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// What the contracts document for every operation and no test of a service has reason to show.
    struct ContractCoverageTests {
        @Test func `every operation refuses a missing token, too large a body, another media type and a late request`()
            throws
        {
            try withSystem(RunningSystem.Service.product) { system in
                try forEachOperation(of: system) { (client, operation, example) throws in
                    func isDocumented(_ status: Int) -> Bool { operation.responses.contains { $0.status == status } }
                    var anonymous = client
                    anonymous.token = nil
                    if isDocumented(401) { #expect(try anonymous.send(example).status == 401, "\(operation.id)") }
                    var request = example
                    request.headers["Authorization"] = "Bearer \(RunningSystem.acceptedToken(for: operation))"
                    request.headers["Content-Type"] = "text/plain"
                    request.body = Array("{}".utf8)
                    if isDocumented(415) { #expect(try client.send(request).status == 415, "\(operation.id)") }
                    request.headers["Content-Type"] = "application/json"
                    if isDocumented(504) { #expect(try sendLate(request, to: client) == 504, "\(operation.id)") }
                    request.body = [UInt8](repeating: 0x20, count: (1 << 20) + 1)
                    if isDocumented(413) { #expect(try client.send(request).status == 413, "\(operation.id)") }
                }
            }
        }

        @Test(arguments: [
            ("malformed-request", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"),
            ("not-implemented", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
            ("expectation-failed", "GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n"),
            ("uri-too-long", "GET /\(String(repeating: "a", count: 8001)) HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("headers-too-large", "GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "a", count: 16384))\r\n\r\n"),
            ("route-not-found", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"),
        ])
        func `what is refused before the operation is known is a documented problem`(code: String, bytes: String) throws
        {
            try withSystem(RunningSystem.Service.product) { system in
                for service in RunningSystem.Service.product {
                    let client = system.client(service)
                    let connection = try RawConnection(port: client.port)
                    connection.send(bytes)
                    let reply = try response(connection)
                    try client.contract.check(unrouted: reply)
                    #expect(try JSONParser.parse(reply.body)["code"] == .string(code), "\(service.rawValue)")
                }
            }
        }

        @Test func `without an API token no operation answers a page of another site, or under another host's name`()
            throws
        {
            try withSystem(RunningSystem.Service.product, settings: ["API_TOKEN": ""]) { system in
                try forEachOperation(of: system) { (client, operation, example) throws in
                    let own = "127.0.0.1:\(client.port)"
                    // They need a token of a customer's, which no web page has unasked.
                    if operation.security == [["customerToken"]] { return }
                    for (code, head) in [
                        ("host-not-allowed", "Host: evil.example\r\n"),
                        (
                            "host-not-allowed",
                            "Host: evil.example:\(client.port)\r\nOrigin: http://evil.example:\(client.port)\r\n"
                        ),
                        ("cross-site-request", "Host: \(own)\r\nOrigin: https://evil.example\r\n"),
                        ("cross-site-request", "Host: \(own)\r\nSec-Fetch-Site: cross-site\r\n"),
                    ] {
                        var request = example
                        request.headers["Authorization"] = nil
                        let reply = try send(request, under: head, to: client)
                        let isDocumented = operation.responses.contains { $0.status == 403 }
                        #expect((reply.status.code == 403) == isDocumented, "\(operation.id): \(reply.status)")
                        let json = try? JSONParser.parse(reply.body)
                        if isDocumented { #expect(json?["code"] == .string(code), "\(operation.id)") }
                    }
                }
                #expect(try system.count("SELECT COUNT(*) FROM customers") == 0)
                #expect(try system.count("SELECT COUNT(*) FROM products") == 0)
            }
        }

        @Test func `whoever has made as many requests as they may is told so by every operation that is limited`()
            throws
        {
            let settings = ["RATE_LIMIT_REQUESTS": "1", "RATE_LIMIT_WINDOW_SECONDS": "3600"]
            try withSystem(RunningSystem.Service.product, settings: settings) { system in
                try forEachOperation(of: system) { (client, operation, example) throws in
                    let isLimited = operation.responses.contains { $0.status == 429 }
                    var client = client
                    client.token = RunningSystem.token(for: operation)
                    // Without a token a caller is an address.
                    if operation.security == [] { client.token = nil }
                    var request = example
                    request.headers["Authorization"] = client.token.map { "Bearer \($0)" }
                    _ = try client.send(request)
                    let reply = try client.send(request)
                    #expect((reply.code == "rate-limited") == isLimited, "\(operation.id): \(reply.status)")
                    let fields = reply.response.headers
                    #expect(
                        fields["RateLimit-Policy"] == (isLimited ? #""default";q=1;w=3600"# : nil), "\(operation.id)")
                    #expect((fields["Retry-After"] != nil) == isLimited, "\(operation.id)")
                }
                // Other services ask on for those who may.
                var other = system.orchestrator
                other.token = RunningSystem.serviceToken
                for _ in 1...5 {
                    let body = #"{"customer_id":1,"items":[{"product_id":1,"qty":1}],"idempotency_key":"limits"}"#
                    let reply = try other.send(.post, "/orchestrator/create-and-confirm-order", body)
                    #expect(reply.status == 201, "\(reply.code ?? "")")
                }
            }
        }

        @Test func `with the database away every operation that needs it says so`() throws {
            let server = try DedicatedTestServer()
            let system = try RunningSystem(RunningSystem.Service.product, on: server.makeSchema())
            defer { system.stop() }
            server.stop()
            try forEachOperation(of: system) { (client, operation, example) throws in
                guard operation.id != "createAndConfirmOrder", operation.responses.contains(where: { $0.status == 503 })
                else { return }
                var request = example
                request.headers["Authorization"] = "Bearer \(RunningSystem.acceptedToken(for: operation))"
                let reply = try client.send(request)
                #expect(reply.status == 503, "\(operation.id)")
                #expect(
                    ["database-unavailable", "not-ready", "customers-unavailable"].contains(reply.code),
                    "\(operation.id)")
            }
        }

        @Test func `a key that another transaction holds is in use, and an inactive product is not sold`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct()
                for (client, target) in [
                    (system.customers, "/admin/customers/logic-delete/\(customer)"),
                    (system.orders, "/admin/products/logic-delete/\(product)"),
                ] {
                    #expect(try client.send(.patch, target, headers: ["X-Idempotency-Key": "first"]).status == 200)
                    let reply = try system.whileHolding(
                        """
                        INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body,
                            created_at, expires_at)
                        SELECT scope, 'second', fingerprint, status_code, response_body, created_at, expires_at
                        FROM idempotency_keys WHERE idempotency_key = 'first' ORDER BY created_at DESC LIMIT 1
                        """
                    ) { try client.send(.patch, target, headers: ["X-Idempotency-Key": "second"]) }
                    #expect(reply.code == "idempotency-key-in-use", "\(target)")
                }
                let other = try system.makeCustomer()
                #expect(try system.placeOrder(other, product, key: "inactive").code == "product-inactive")
            }
        }

        @Test func `a table that is gone is an internal error that tells nothing of it`() throws {
            try withSystem { system in
                _ = try system.database.transaction(by: .after(milliseconds: 20_000)) {
                    (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                    try transaction.execute("RENAME TABLE customers TO customers_away, products TO products_away")
                }
                for (client, target) in [
                    (system.customers, "/admin/customers/find-one/1"), (system.orders, "/admin/products/find-one/1"),
                ] {
                    let reply = try client.send(.get, target)
                    #expect(reply.code == "internal-error")
                    #expect(!String(decoding: reply.response.body, as: UTF8.self).contains("away"))
                    #expect(!String(decoding: reply.response.body, as: UTF8.self).lowercased().contains("select"))
                }
            }
        }

        /// Each service has a system of its own: a call of the Orchestrator that was cut off may go on in the Orders API
        /// for a moment, and would take the one place there.
        @Test(
            arguments: [
                (RunningSystem.Service.orchestrator, "UPDATE products SET stock = stock + 1" as SQL),
                (.orders, "UPDATE products SET stock = stock + 1"),
                (.customers, "UPDATE customers SET phone = '+1 1'"),
                (.notifier, "UPDATE feed_cursor SET moved_at = UTC_TIMESTAMP(6)"),
            ])
        func `a service whose queue is full says so, and one that stops answers what it has begun`(
            service: RunningSystem.Service, lock: SQL
        ) throws {
            let settings = ["WORKERS_MAX": "1", "QUEUE_MAX": "1", "DRAIN_TIMEOUT_MS": "100"]
            try withSystem(RunningSystem.Service.product, settings: settings) { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct()
                let answered = Observed(0)
                let codes = try system.whileHolding(lock) {
                    try inParallel(5) { index -> String in
                        if index == 4 {
                            // One is worked on, one waits for its turn unless it came too early, and the others have no place.
                            #expect(answered.wait { $0 >= 2 })
                            system.process(service).signal(SIGTERM)
                            return ""
                        }
                        defer { answered.change { $0 += 1 } }
                        switch service {
                        case .orchestrator:
                            return try system.placeOrder(customer, product, key: "k\(index)").code ?? ""
                        case .orders:
                            let target = "/admin/products/update/\(product)"
                            return try system.orders.send(.patch, target, #"{"name":"x"}"#).code ?? ""
                        case .customers:
                            let target = "/admin/customers/update/\(customer)"
                            return try system.customers.send(.patch, target, #"{"name":"x"}"#).code ?? ""
                        case .paymentSimulator: return "not one of those"
                        case .notifier:
                            let body = #"{"url":"http://127.0.0.1:9999/"}"#
                            return try system.notifier.send(.post, "/admin/webhooks/create-endpoint", body).code ?? ""
                        }
                    }
                }
                #expect(codes.contains("overloaded"), "\(codes)")
                #expect(codes.contains("shutting-down"), "\(codes)")
            }
        }

        private func forEachOperation(
            of system: RunningSystem, _ body: (ServiceClient, ContractOperation, Request) throws -> Void
        ) throws {
            let clients = [system.customers, system.orders, system.orchestrator, system.notifier]
            for (name, client) in zip(OpenAPIContract.names, clients) {
                for operation in try OpenAPIContract(name).operations {
                    var example = try #require(operation.exampleRequests.first).request
                    example.headers["X-Request-Timeout-Ms"] = nil
                    try body(client, operation, example)
                }
            }
        }

        /// Sends a request whose body comes when the time that it allows is up already, and gives its status.
        ///
        /// A service that is kept from running reads head and body at once, and has no time run out: it is given more of it.
        private func sendLate(_ request: Request, to client: ServiceClient) throws -> Int {
            var status = 0
            for seconds in [0.02, 0.2, 2] where status != 504 {
                status = try send(
                    request, under: "Host: x\r\nX-Request-Timeout-Ms: 1\r\n", to: client, waitingForBody: seconds
                ).status.code
            }
            return status
        }

        /// Sends a request below the lines that `head` begins with.
        private func send(
            _ request: Request, under head: String, to client: ServiceClient, waitingForBody seconds: Double = 0
        ) throws -> Response {
            var head = "\(request.method) \(request.target) HTTP/1.1\r\n\(head)"
            for field in request.headers.fields { head += "\(field.name): \(field.value)\r\n" }
            let connection = try RawConnection(port: client.port)
            connection.send(head + "Content-Length: \(request.body.count)\r\n\r\n")
            Foundation.Thread.sleep(forTimeInterval: seconds)
            connection.send(request.body)
            let reply = try response(connection)
            try client.contract.check(request: request, response: reply)
            return reply
        }

        private func response(_ connection: RawConnection) throws -> Response {
            let raw = try connection.response()
            return Response(Status(raw.status), headers: raw.headers, body: raw.body)
        }
    }
}
