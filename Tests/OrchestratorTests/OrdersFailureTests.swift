import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// What the orchestrator makes of an Orders API that answers badly, late or not at all.
@Suite(.blocking) struct OrdersFailureTests {
    static let order = #"{"data":{"id":7,"status":"CREATED","total_cents":1,"items":[],"customer":{"id":1}}}"#
    static let conflict = #"{"code":"order-expired","title":"Expired","detail":"Late.","status":409,"retryable":false}"#

    private func scripted(_ reply: @escaping @Sendable (String) -> (String, String)) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let (status, body) = reply(request.line)
                connection.reply(status, body: body)
            }
        }
    }

    private func expectUnavailable(_ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(reply.status == 503, "\(reply)", sourceLocation: sourceLocation)
        #expect(reply.code == "orders-unavailable", sourceLocation: sourceLocation)
        #expect(reply.headers["Retry-After"] == "2", sourceLocation: sourceLocation)
        #expect(reply.json["retryable"] == .bool(true), sourceLocation: sourceLocation)
        #expect(reply.json["success"] == .bool(false), sourceLocation: sourceLocation)
    }

    @Test func `with the Orders API down the caller is told when to come back`() throws {
        let server = try ScriptedServer { _ in }
        server.stop()
        let harness = try ServiceHarness(orders: server.url)
        expectUnavailable(harness.call(1, [(1, 1)], key: "key-1"))
        #expect(harness.client.get("/health/live").status == 200)
        #expect(harness.client.get("/health/ready").code == "not-ready")
    }

    @Test(arguments: [
        ("500 Internal Server Error", #"{"code":"internal-error"}"#), ("500 Internal Server Error", "<html>"),
        ("401 Unauthorized", #"{"code":"unauthorized"}"#), ("400 Bad Request", #"{"code":"malformed-json"}"#),
        ("404 Not Found", #"{"code":"route-not-found"}"#), ("404 Not Found", "<html>"), ("200 OK", "garbage"),
        ("201 Created", "{}"), ("201 Created", #"{"data":{}}"#), ("201 Created", #"{"data":[]}"#),
        ("204 No Content", ""), ("302 Found", ""), ("409 Conflict", "garbage"),
        ("503 Service Unavailable", #"{"code":"outcome-unknown"}"#),
    ])
    func `an answer that is not of the contract is no answer`(status: String, body: String) throws {
        let server = try scripted { _ in (status, body) }
        defer { server.stop() }
        expectUnavailable(try ServiceHarness(orders: server.url).call(1, [(1, 1)], key: "key-1"))
    }

    @Test func `a 503 of the Orders API's own is asked for again, and not before it says`() throws {
        let times = Lock<[UInt64]>([])
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                let count = times.withLock { times in
                    times.append(Deadline.nowUptimeNanoseconds())
                    return times.count
                }
                if count == 1 {
                    connection.reply(
                        "503 Service Unavailable", headers: ["Retry-After: 1"],
                        body: #"{"code":"overloaded","title":"Busy","detail":"Busy.","status":503,"retryable":true}"#)
                } else {
                    connection.reply("200 OK", body: Self.order.replacing("CREATED", with: "CONFIRMED"))
                }
            }
        }
        defer { server.stop() }
        #expect(try ServiceHarness(orders: server.url).call(1, [(1, 1)], key: "key-1").status == 201)
        let seen = times.withLock { $0 }
        try #require(seen.count == 3)
        #expect(seen[1] - seen[0] >= 1_000_000_000)
    }

    @Test func `a confirmation that is none is not passed on as one`() throws {
        let server = try scripted { line in
            line.contains("create-order") ? ("201 Created", Self.order) : ("200 OK", "x")
        }
        defer { server.stop() }
        expectUnavailable(try ServiceHarness(orders: server.url).call(1, [(1, 1)], key: "key-1"))
    }

    @Test func `a confirmation that says the order is not confirmed is not passed on`() throws {
        let server = try scripted { _ in ("201 Created", Self.order) }
        defer { server.stop() }
        expectUnavailable(try ServiceHarness(orders: server.url).call(1, [(1, 1)], key: "key-1"))
    }

    @Test func `a connection that breaks is tried again under the same key`() throws {
        let backend = try Backend()
        let keys = Lock<[String]>([])
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            let count = keys.withLock { keys -> Int in
                keys.append(request.header("X-Idempotency-Key") ?? "")
                return keys.count
            }
            guard count > 1 else { return connection.reset() }
            let path = String(request.line.split(separator: " ")[1])
            let client = backend.orders.with(token: TestTokens.service)
                .with(key: request.header("X-Idempotency-Key") ?? "")
            let reply = client.post(path, String(decoding: request.body, as: UTF8.self))
            connection.reply("\(reply.status) OK", body: String(decoding: reply.body, as: UTF8.self))
        }
        defer { server.stop() }
        let reply = try ServiceHarness(orders: server.url).call(backend.ana, [(backend.chair, 1)], key: "key-1")
        #expect(reply.status == 201, "\(reply)")
        let seen = keys.withLock { $0 }
        #expect(seen.count == 3)
        #expect(seen[0] == seen[1])
        #expect(seen[1] != seen[2])
        #expect(seen[0].hasPrefix("orchestrator-create-"))
        #expect(seen[2].hasPrefix("orchestrator-confirm-"))
        #expect(try backend.stock == 9)
    }

    @Test func `a call ends at its deadline`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url)
        for _ in 0..<3 {
            let start = Deadline.nowUptimeNanoseconds()
            let reply = harness.call(1, [(1, 1)], key: "key-1", timeoutMilliseconds: 250)
            #expect(reply.status == 504, "\(reply)")
            #expect(reply.code == "deadline-exceeded")
            #expect(reply.json["success"] == .bool(false))
            #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 2000)
        }
    }

    @Test func `an order that can no longer be confirmed is canceled, under a key of its own`() throws {
        let lines = Lock<[String]>([])
        let server = try scripted { line in
            lines.withLock { $0.append(line) }
            if line.contains("create-order") { return ("201 Created", Self.order) }
            if line.contains("/confirm") { return ("409 Conflict", Self.conflict) }
            return ("200 OK", Self.order)
        }
        defer { server.stop() }
        let reply = try ServiceHarness(orders: server.url).call(1, [(1, 1)], key: "key-1")
        #expect(reply.status == 409, "\(reply)")
        #expect(reply.code == "order-expired")
        #expect(
            lines.withLock { $0 } == [
                "POST /admin/orders/internal/create-order HTTP/1.1", "POST /admin/orders/7/confirm HTTP/1.1",
                "POST /admin/orders/7/cancel HTTP/1.1",
            ])
    }

    @Test(arguments: ["confirm", "find-one"])
    func `an order that a node does not know yet is neither refused nor canceled, and confirmed by a repetition`(
        step: String
    ) throws {
        let lines = Lock<[String]>([])
        let isBehind = Lock(true)
        let server = try scripted { line in
            lines.withLock { $0.append(line) }
            if line.contains("create-order") { return ("201 Created", Self.order) }
            if isBehind.withLock({ $0 }), line.contains(step) {
                return ("404 Not Found", #"{"code":"order-not-found","retryable":false}"#)
            }
            if line.contains("/confirm"), step == "find-one" {
                return ("409 Conflict", #"{"code":"order-not-confirmable","order_status":"CONFIRMED"}"#)
            }
            return ("200 OK", Self.order.replacing("CREATED", with: "CONFIRMED"))
        }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url)
        expectUnavailable(harness.call(1, [(1, 1)], key: "key-1"))
        isBehind.withLock { $0 = false }
        let again = harness.call(1, [(1, 1)], key: "key-1")
        #expect(again.status == 201, "\(again)")
        #expect(lines.withLock { $0 }.allSatisfy { !$0.contains("/cancel") })
    }

    @Test func `a step that another process is at is waited for`() throws {
        let count = Lock(0)
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                let number = count.withLock { count -> Int in
                    count += 1
                    return count
                }
                if number == 1 {
                    connection.reply(
                        "409 Conflict", headers: ["Retry-After: 1"],
                        body: #"{"title":"In use","detail":"In use.","code":"idempotency-key-in-use","retryable":true}"#
                    )
                } else {
                    connection.reply(
                        "200 OK", body: Self.order.replacing("CREATED", with: "CONFIRMED"))
                }
            }
        }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url)
        #expect(harness.call(1, [(1, 1)], key: "key-1").status == 201)
        count.withLock { $0 = 0 }
        let reply = harness.call(1, [(1, 1)], key: "key-1", timeoutMilliseconds: 900)
        #expect(reply.status == 409, "There is no time to wait: \(reply)")
        #expect(reply.code == "idempotency-key-in-use")
        #expect(reply.headers["Retry-After"] == "1")
    }

    @Test func `each step carries token, correlation and trace`() throws {
        let seen = Lock<ScriptedConnection.ReceivedRequest?>(nil)
        let server = try ScriptedServer { connection in
            let request = connection.readRequest()
            seen.withLock { $0 = request }
            connection.reply("422 Unprocessable Content", body: #"{"code":"customer-inactive"}"#)
        }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url)
        let reply = harness.client.with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .post(ServiceHarness.path, callBody(1, [(2, 3)], key: "key-1", correlationID: "req-9"))
        #expect(reply.code == "customer-inactive")
        let request = try #require(seen.withLock { $0 })
        #expect(request.header("authorization") == "Bearer \(TestTokens.service)")
        #expect(request.header("x-correlation-id") == "req-9")
        #expect(request.header("traceparent")?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        #expect(request.header("content-type") == "application/json")
        let snapshot = #"{"id":1,"name":"Ana","email":"ana@example.com","phone":"555"}"#
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"customer_id":1,"items":[{"product_id":2,"qty":3}],"customer":\#(snapshot),"idempotency_key":"key-1"}"#
        )
    }
}
