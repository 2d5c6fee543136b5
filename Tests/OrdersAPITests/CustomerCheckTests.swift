import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import CustomerLookup
import HTTPMessages
import JSON
@testable import OrdersAPI
import ScriptedServer
import ServiceTesting
import Telemetry
import Testing
import WebApplication

/// What the Orders API makes of a Customers API that answers well, badly, late or not at all.
@Suite(.blocking) struct CustomerCheckTests {
    /// A Customers API that says the same to each request.
    private func scripted(
        _ status: String, _ body: String, headers: [String] = [], requests: Lock<Int> = Lock(0)
    ) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while connection.readRequest() != nil {
                requests.withLock { $0 += 1 }
                connection.reply(status, headers: headers, body: body)
            }
        }
    }

    private func expectNothingWritten(
        _ harness: ServiceHarness, _ product: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try harness.orderCount == 0, sourceLocation: sourceLocation)
        #expect(try harness.keyCount == 0, sourceLocation: sourceLocation)
        #expect(try harness.stock(product) == 10, sourceLocation: sourceLocation)
    }

    @Test func `with the Customers API down nothing is ordered, and the client is told when to come back`() throws {
        let server = try ScriptedServer { _ in }
        server.stop()
        let harness = try ServiceHarness(customers: server.url)
        let chair = try harness.product("chair")
        let reply = harness.order(1, [(chair, 1)], key: "key-1")
        #expect(reply.status == 503, "\(reply)")
        #expect(reply.code == "customers-unavailable")
        #expect(reply.headers["Retry-After"] == "2")
        #expect(reply.json["retryable"] == .bool(true))
        try expectNothingWritten(harness, chair)
        #expect(harness.client.get("/admin/orders/find-all").status == 200, "Everything else goes on.")
    }

    @Test(arguments: [
        ("500 Internal Server Error", "{}"), ("401 Unauthorized", #"{"code":"unauthorized"}"#), ("200 OK", "garbage"),
        ("200 OK", "{}"), ("200 OK", #"{"data":{"id":1,"name":"Ana","is_active":true}}"#), ("204 No Content", ""),
        ("302 Found", ""), ("503 Service Unavailable", "{}"), ("404 Not Found", "<html>no such page</html>"),
        ("404 Not Found", #"{"code":"route-not-found"}"#),
        ("200 OK", #"{"data":{"id":2,"name":"Eva","email":"e@x.com","phone":"5","is_active":true}}"#),
    ])
    func `an answer that is not of the contract is no answer`(status: String, body: String) throws {
        let server = try scripted(status, body)
        defer { server.stop() }
        let harness = try ServiceHarness(customers: server.url)
        let chair = try harness.product("chair")
        let reply = harness.order(1, [(chair, 1)], key: "key-1")
        #expect(reply.status == 503, "\(reply)")
        #expect(reply.code == "customers-unavailable")
        try expectNothingWritten(harness, chair)
    }

    @Test(arguments: [("30", "30"), ("1", "2"), ("0", "2"), ("soon", "2")])
    func `when the Customers API says how long it will be away, the client is told`(given: String, told: String) throws
    {
        let requests = Lock(0)
        let server = try scripted(
            "503 Service Unavailable", "{}", headers: ["Retry-After: \(given)"], requests: requests)
        defer { server.stop() }
        let harness = try ServiceHarness(customers: server.url)
        let chair = try harness.product("chair")
        let reply = harness.client.with("X-Request-Timeout-Ms", "900").post(
            ServiceHarness.createPath, newOrder(1, [(chair, 1)]))
        #expect(reply.code == "customers-unavailable", "\(reply)")
        #expect(reply.headers["Retry-After"] == told)
        // Not again before that, and for what asks for nothing as often as any failure.
        #expect(requests.withLock { $0 } == (Int(given) ?? 0 > 0 ? 1 : 3))
    }

    @Test func `while the Customers API stalls half of the workers wait for it, and no more`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let harness = try ServiceHarness(customers: server.url, ["WORKERS_MAX": "8"])
        let chair = try harness.product("chair")
        let client = harness.client.with("X-Request-Timeout-Ms", "3000")
        let replies = try inParallel(12) { _ in client.post(ServiceHarness.createPath, newOrder(1, [(chair, 1)])) }
        #expect(replies.count { $0.code == "deadline-exceeded" } == 4, "\(replies.map(\.status))")
        let refused = replies.filter { $0.code == "customers-unavailable" }
        #expect(refused.count == 8)
        #expect(refused.allSatisfy { $0.headers["Retry-After"] == "2" })
        #expect(server.acceptedCount == 4)
        let metrics = String(decoding: harness.client.get("/metrics").body, as: UTF8.self)
        #expect(metrics.contains(#"dependency_calls_total{dependency="customers-api",event="refused"} 8"#))
        try expectNothingWritten(harness, chair)
    }

    @Test func `without the Customers API the service is ready for the rest, and tells of it`() throws {
        let harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        #expect(harness.client.get("/health/ready").status == 200)
        let details = harness.client.with(token: TestTokens.service).get("/health/detailed")
        let checks = details.json["checks"]?.array ?? []
        #expect(checks.map { $0["name"]?.string } == ["database", "schema", "customers-api"], "\(details)")
        #expect(checks.last?["detail"] == .string("The Customers API does not answer."))
        #expect(checks.last?["circuit"] == .string("closed"))
        #expect(checks.first?["pool"]?["max"] == .integer(8))
        #expect((checks.first?["pool"]?["idle"]?.integer ?? 0) > 0)
    }

    @Test func `a connection that is reset is tried again`() throws {
        let count = Lock(0)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            if count.withLock({
                $0 += 1; return $0
            }) < 3 {
                return connection.reset()
            }
            connection.reply(
                "200 OK", body: #"{"data":{"id":1,"name":"Ana","email":"a@b.com","phone":"5","is_active":true}}"#)
        }
        defer { server.stop() }
        let harness = try ServiceHarness(customers: server.url)
        let chair = try harness.product("chair")
        let reply = harness.order(1, [(chair, 1)])
        #expect(reply.status == 201, "\(reply)")
        #expect(count.withLock { $0 } == 3)
    }

    @Test func `a Customers API that does not answer in time ends the request in time`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let harness = try ServiceHarness(customers: server.url)
        let chair = try harness.product("chair")
        let start = Deadline.nowUptimeNanoseconds()
        let client = harness.client.with("X-Request-Timeout-Ms", "300").with(key: "key-1")
        let reply = client.post(ServiceHarness.createPath, newOrder(1, [(chair, 1)]))
        let milliseconds = (Deadline.nowUptimeNanoseconds() - start) / 1_000_000
        #expect(reply.status == 504, "\(reply)")
        #expect(reply.code == "deadline-exceeded")
        #expect(reply.json["retryable"] == .bool(true))
        #expect(milliseconds < 2000)
        try expectNothingWritten(harness, chair)
    }

    @Test func `the question carries token, correlation, trace and the time that is left`() throws {
        let seen = Lock<ScriptedConnection.ReceivedRequest?>(nil)
        let server = try ScriptedServer { connection in
            let request = connection.readRequest()
            seen.withLock { $0 = request }
            connection.reply("404 Not Found", body: #"{"code":"customer-not-found"}"#)
        }
        defer { server.stop() }
        let harness = try ServiceHarness(
            customers: server.url, ["SERVICE_TOKEN": "new-token-of-the-tests, old-token-of-the-tests"])
        let chair = try harness.product("chair")
        let reply = harness.client.with("X-Correlation-Id", "req-9").with("X-Request-Timeout-Ms", "4000")
            .with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .post(ServiceHarness.createPath, newOrder(7, [(chair, 1)]))
        #expect(reply.code == "customer-not-found")
        let request = try #require(seen.withLock { $0 })
        #expect(request.line == "GET /admin/customers/internal/customers/7 HTTP/1.1")
        #expect(request.header("authorization") == "Bearer new-token-of-the-tests")
        #expect(request.header("x-correlation-id") == "req-9")
        #expect(request.header("traceparent")?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        let left = try #require(request.header("x-request-timeout-ms").flatMap { Int($0) })
        #expect(1...4000 ~= left)
    }

    @Test func `a customer who may order is remembered for the time that is set`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url, ["CUSTOMER_CACHE_TTL_MS": "60000"])
        let forgetful = try ServiceHarness(customers: customers.url, ["CUSTOMER_CACHE_TTL_MS": "1"])
        let chair = try harness.product("chair")
        let lamp = try forgetful.product("lamp")
        #expect(harness.order(customers.ana, [(chair, 1)]).status == 201)
        #expect(forgetful.order(customers.ana, [(lamp, 1)]).status == 201)
        #expect(customers.deactivate(customers.ana).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)]).status == 201)
        #expect(eventually { forgetful.order(customers.ana, [(lamp, 1)]).code == "customer-inactive" })
        customers.stop()
        #expect(harness.order(customers.ana, [(chair, 1)]).status == 201)
    }

    @Test func `a customer is asked for again as soon as that time is over, and not before`() throws {
        let requests = Lock<[String]>([])
        let server = try customersServer(requests)
        defer { server.stop() }
        let time = ManualClock()
        let directory = CustomerDirectory(
            try client(of: server), cacheMilliseconds: 50, clock: time.clock)
        for (pauseMilliseconds, count) in [(0, 1), (49, 1), (1, 2), (49, 2), (100, 3)] {
            time.advance(milliseconds: pauseMilliseconds)
            #expect(try directory.activeCustomer(id: 7, call).id == 7)
            #expect(requests.withLock { $0.count } == count)
        }
    }

    @Test func `who is refused is asked for again`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url, ["CUSTOMER_CACHE_TTL_MS": "60000"])
        let chair = try harness.product("chair")
        #expect(customers.deactivate(customers.ana).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)]).code == "customer-inactive")
        #expect(customers.change(customers.ana, #"{"is_active":true}"#).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1)]).status == 201)
    }

    @Test func `no more customers are remembered than there is room for`() throws {
        let requests = Lock<[String]>([])
        let server = try customersServer(requests)
        defer { server.stop() }
        let directory = CustomerDirectory(try client(of: server), cacheMilliseconds: 60_000, countMax: 3)
        for id: Int64 in [1, 2, 3, 4, 1, 2, 3, 4] {
            #expect(try directory.activeCustomer(id: id, call).id == id)
        }
        #expect(requests.withLock { $0 } == ["1", "2", "3", "4", "4"])
    }

    /// Knows every customer, and writes down who is asked for.
    private func customersServer(_ requests: Lock<[String]>) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let id = request.line.split(separator: " ")[1].split(separator: "/").last ?? ""
                requests.withLock { $0.append(String(id)) }
                connection.reply(
                    "200 OK", body: #"{"data":{"id":\#(id),"name":"A","email":"a@b.com","phone":"5","is_active":true}}"#
                )
            }
        }
    }

    private func client(of server: ScriptedServer) throws -> CustomersClient {
        let origin = try #require(Origin(server.url))
        return CustomersClient(
            ResilientClient(transport: CurlTransport(), origin: origin), token: ServiceToken("token"))
    }

    private var call: CallContext {
        CallContext(
            deadline: .after(milliseconds: 10_000), trace: TraceContext(continuing: nil), correlationID: "req-1",
            logger: Logger(service: "tests", level: .error))
    }
}
