import BlockingTesting
import Concurrency
import ConcurrencyTesting
import ContractReading
import DatabaseTesting
import Glibc
import HTTPMessages
import JSON
import MySQL
import RawHTTP
import ServiceTesting
import SystemTesting
import Testing

@testable import Notifier

/// What the contract documents for every operation and no other test has reason to show.
@Suite(.blocking) struct ContractCoverageTests {
    @Test
    func `every operation refuses a missing token, too large a body, another media type, a header and a late request`()
        throws
    {
        let running = try RunningNotifier(try ServiceHarness(), ["API_TOKEN": TestTokens.api])
        try running.forEachOperation { (operation, example) throws in
            var anonymous = running.client
            anonymous.token = nil
            if operation.documents(401) { #expect(try anonymous.send(example).status == 401, "\(operation.id)") }
            var request = example
            request.headers["Authorization"] = "Bearer \(TestTokens.api)"
            if operation.documents(400) {
                request.headers["X-Request-Timeout-Ms"] = "0"
                #expect(try running.client.send(request).code == "invalid-header", "\(operation.id)")
                request.headers["X-Request-Timeout-Ms"] = nil
            }
            request.headers["Content-Type"] = "text/plain"
            request.body = Array("{}".utf8)
            if operation.documents(415) { #expect(try running.client.send(request).status == 415, "\(operation.id)") }
            request.headers["Content-Type"] = "application/json"
            if operation.documents(504) {
                let late = try running.send(
                    request, under: "Host: x\r\nX-Request-Timeout-Ms: 1\r\n", pauseMilliseconds: 20)
                #expect(late.status.code == 504, "\(operation.id)")
            }
            request.body = [UInt8](repeating: 0x20, count: (1 << 20) + 1)
            if operation.documents(413) { #expect(try running.client.send(request).status == 413, "\(operation.id)") }
        }
        for target in ["/", "/health", "/health/live", "/health/ready", "/metrics"] {
            #expect(try running.client.send(.get, target).status == 200, "\(target)")
        }
        #expect(try running.client.send(.delete, "/admin/webhooks/find-all").code == "method-not-allowed")
    }

    @Test func `without an API token no operation answers a page of another site, or under another host's name`() throws
    {
        let harness = try ServiceHarness()
        let running = try RunningNotifier(harness)
        try running.forEachOperation { (operation, example) throws in
            for (code, head) in [
                ("host-not-allowed", "Host: evil.example\r\n"),
                ("cross-site-request", "Host: 127.0.0.1:\(running.client.port)\r\nOrigin: https://evil.example\r\n"),
            ] {
                let reply = try running.send(example, under: head)
                #expect((reply.status.code == 403) == operation.documents(403), "\(operation.id): \(reply.status)")
                let json = try? JSONParser.parse(reply.body)
                if operation.documents(403) { #expect(json?["code"] == .string(code), "\(operation.id)") }
            }
        }
        #expect(try harness.count("SELECT COUNT(*) FROM endpoints") == 0)
    }

    @Test(arguments: [
        ("malformed-request", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"),
        ("not-implemented", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
        ("expectation-failed", "GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n"),
        ("uri-too-long", "GET /\(String(repeating: "a", count: 8001)) HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("headers-too-large", "GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "a", count: 16384))\r\n\r\n"),
        ("route-not-found", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"),
    ])
    func `what is refused before the operation is known is a documented problem`(code: String, bytes: String) throws {
        let running = try RunningNotifier(try ServiceHarness())
        let connection = try RawConnection(port: running.client.port)
        connection.send(bytes)
        let reply = try running.response(connection)
        try running.client.contract.check(unrouted: reply)
        #expect(try JSONParser.parse(reply.body)["code"] == .string(code))
    }

    @Test func `with the database away every operation that needs it says so`() throws {
        let harness = try ServiceHarness()
        let running = try RunningNotifier(harness, ["DB_PORT": "1"])
        try running.forEachOperation { (operation, example) throws in
            guard operation.documents(503) else { return }
            let reply = try running.client.send(example)
            #expect(reply.status == 503, "\(operation.id)")
            #expect(["not-ready", "database-unavailable"].contains(reply.code), "\(operation.id)")
        }
        harness.database.close()
        #expect(harness.client.get("/admin/webhooks/find-all").code == "database-unavailable")
    }

    @Test func `a COMMIT whose answer is lost leaves the outcome unknown, unless there is a key`() throws {
        let server = try DedicatedTestServer()
        let proxy = try CommitCuttingProxy(to: server.configuration.port)
        defer { proxy.close() }
        let schema = try server.makeSchema()
        let harness = try ServiceHarness(
            [
                "DB_PORT": String(proxy.port), "DB_HOST": "127.0.0.1",
                "DB_USERNAME": schema.configuration.username, "DB_PASSWORD": schema.configuration.password,
            ], on: schema)
        defer { harness.database.close() }
        let body = #"{"url":"https://a.example"}"#
        proxy.cut(.after)
        let unknown = harness.client.post("/admin/webhooks/create-endpoint", body)
        #expect(unknown.code == "outcome-unknown", "\(unknown)")
        proxy.cut(.after)
        let kept = harness.client.with(key: "k").post("/admin/webhooks/create-endpoint", body)
        #expect(kept.isReplay && kept.status == 201, "\(kept)")
        #expect(kept.data["secret"] == .null, "Nobody knows it: it has to be rotated.")
        #expect(try harness.count("SELECT COUNT(*) FROM endpoints") == 2)
    }

    @Test func `a key that another transaction holds is in use`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        // Another one, since two changes of one endpoint wait for each other as well.
        let other = try harness.endpoint("https://b.example").id
        let requests: [(Method, String, String)] = [
            (.patch, "/admin/webhooks/logic-delete/\(id)", ""),
            (.post, "/admin/webhooks/\(other)/rotate-secret", ""),
            (.post, "/admin/deliveries/redrive", "{}"),
            (.post, "/admin/deliveries/discard", #"{"state":"DEAD"}"#),
        ]
        for (method, target, body) in requests {
            #expect(harness.client.with(key: "first").send(method, target, body).status == 200, "\(target)")
        }
        let codes = try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> [String] in
            try transaction.execute(
                """
                INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body, created_at,
                    expires_at)
                SELECT scope, 'second', fingerprint, status_code, response_body, created_at, expires_at
                FROM idempotency_keys WHERE idempotency_key = 'first'
                """)
            let replies = try? inParallel(requests.count) { index in
                let (method, target, body) = requests[index]
                return harness.client.with(key: "second").send(method, target, body).code
            }
            return replies ?? []
        }
        #expect(codes == Array(repeating: "idempotency-key-in-use", count: requests.count))
        let inactive = harness.client.with(key: "k").post("/admin/webhooks/\(id)/replay", #"{"from_seq":1}"#)
        #expect(inactive.code == "webhook-not-active", "\(inactive)")
    }

    @Test func `malformed input is told as such`() throws {
        let harness = try ServiceHarness()
        let create = "/admin/webhooks/create-endpoint"
        #expect(harness.client.post(create, "{").code == "malformed-json")
        #expect(harness.client.post(create, "[]").code == "body-not-object")
        #expect(harness.client.with(key: "a,b").post(create, "{}").code == "idempotency-key-mismatch")
        #expect(harness.client.with(key: "").post(create, "{}").code == "invalid-idempotency-key")
        for list in ["webhooks", "deliveries"] {
            #expect(harness.client.get("/admin/\(list)/find-all?cursor=AQ").code == "invalid-cursor")
            #expect(harness.client.get("/admin/\(list)/find-all?limit=0").code == "validation-failed")
        }
        let wrong = harness.client.get("/admin/deliveries/find-all?state=LOST&endpoint_id=0&order_id=x")
        #expect(wrong.violations == ["endpoint_id range", "state unknown-value", "order_id range"], "\(wrong)")
        let id = try harness.endpoint("https://a.example").id
        let stale = harness.client.with("If-Match", "\"9\"").patch("/admin/webhooks/logic-delete/\(id)")
        #expect(stale.status == 412, "\(stale)")
    }

    @Test func `a table that is gone is an internal error that tells nothing of it`() throws {
        let harness = try ServiceHarness()
        try harness.database.change("RENAME TABLE endpoints TO endpoints_away")
        let reply = harness.client.get("/admin/webhooks/find-one/1")
        #expect(reply.code == "internal-error", "\(reply)")
        #expect(!reply.description.contains("away"))
    }

    @Test func `a service whose queue is full says so, and one that stops answers what it has begun`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        let running = try RunningNotifier(
            harness, ["WORKERS_MAX": "1", "QUEUE_MAX": "1", "DRAIN_TIMEOUT_MS": "100"])
        let (client, process) = (running.client, running.process)
        let answered = Observed(0)
        let codes = try harness.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> [String] in
            try transaction.execute("UPDATE endpoints SET description = 'held'")
            let codes = try? inParallel(5) { index -> String in
                if index == 4 {
                    // One is worked on, one waits for its turn unless it came too early, and the others have no place.
                    answered.wait { $0 >= 2 }
                    process.signal(SIGTERM)
                    return ""
                }
                defer { answered.change { $0 += 1 } }
                let target = "/admin/webhooks/update/\(id)"
                return (try? client.send(.patch, target, #"{"description":"x"}"#).code ?? "") ?? "no answer"
            }
            return codes ?? []
        }
        #expect(codes.contains("overloaded"), "\(codes)")
        #expect(codes.contains("shutting-down"), "\(codes)")
    }
}
