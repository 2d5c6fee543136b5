import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import MySQL
import ScriptedServer
import ServiceTesting
import Testing

@testable import Notifier

/// What becomes of deliveries that do not succeed.
@Suite(.blocking) struct DeliveryOutcomeTests {
    @Test func `a delivery that keeps failing is dead, the next one goes on, and a redrive sends it again`() throws {
        let isUp = Observed(false)
        let receiver = try WebhookReceiver { message, _ in
            message.id == eventID(1) && !isUp.value ? ("500 Broken", []) : ("200 OK", [])
        }
        let harness = try ServiceHarness()
        let id = try harness.endpoint(receiver.url).id
        harness.start()
        try harness.take([try event(1, order: 5), try event(2, order: 5)])
        try harness.waitUntilDelivered()
        #expect(receiver.ids == [1, 1, 1, 2].map { eventID($0) })
        #expect(try harness.states() == ["DEAD", "DELIVERED"])
        let dead = harness.client.get("/admin/deliveries/find-all?endpoint_id=\(id)&state=DEAD")
        #expect(dead.ids == [1], "\(dead)")
        #expect(harness.client.get("/admin/deliveries/find-all?order_id=5&state=DELIVERED").ids == [2])
        #expect(harness.client.get("/admin/deliveries/find-all?state=DEAD&endpoint_id=99").ids == [])
        isUp.change { $0 = true }
        let client = harness.client.with(key: "redrive-1")
        let redrive = client.post("/admin/deliveries/redrive", #"{"endpoint_id":\#(id)}"#)
        #expect(redrive.data["redriven_count"] == .integer(1) && redrive.data["has_more"] == .bool(false), "\(redrive)")
        #expect(client.post("/admin/deliveries/redrive", #"{"endpoint_id":\#(id)}"#).isReplay)
        #expect(client.post("/admin/deliveries/redrive", "{}").code == "idempotency-key-reused")
        try harness.waitUntilDelivered()
        #expect(receiver.ids.last == eventID(1))
        #expect(try harness.states() == ["DELIVERED", "DELIVERED"])
        #expect(try harness.count("SELECT COUNT(*) FROM attempts WHERE delivery_id = 1") == 4)
    }

    @Test func `a redrive and a discard need a key`() throws {
        let harness = try ServiceHarness()
        for path in ["redrive", "discard"] {
            let reply = harness.client.post("/admin/deliveries/\(path)", "{}")
            #expect(reply.code == "idempotency-key-missing", "\(reply)")
        }
        let discard = harness.client.with(key: "k").post("/admin/deliveries/discard", #"{"endpoint_id":0}"#)
        #expect(discard.violations == ["/state required", "/endpoint_id range"])
    }

    @Test func `what waits can be discarded, and the next one is sent`() throws {
        let receiver = try WebhookReceiver { message, _ in
            message.id == eventID(1) ? ("500 Broken", []) : ("200 OK", [])
        }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0,3600"])
        let id = try harness.endpoint(receiver.url).id
        harness.start()
        try harness.take([try event(1, order: 5), try event(2, order: 5)])
        #expect(receiver.wait(for: 1))
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM attempts")) == 1 })
        // Of the two that wait the first only: the second is of a later event.
        try harness.database.change("UPDATE deliveries SET state = 'DELIVERED' WHERE seq = 2")
        let discard = harness.client.with(key: "k").post(
            "/admin/deliveries/discard", #"{"state":"PENDING","endpoint_id":\#(id),"order_id":5}"#)
        #expect(discard.data["discarded_count"] == .integer(1), "\(discard)")
        try harness.waitUntilDelivered()
        #expect(try harness.states() == ["DISCARDED", "DELIVERED"])
        try harness.take([try event(3, order: 5)])
        try harness.waitUntilDelivered()
        #expect(receiver.ids == [1, 3].map { eventID($0) })
    }

    @Test func `what is discarded of an endpoint that is not active leaves no lane behind`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        try harness.take([try event(1, order: 5), try event(2, order: 6), try event(3, order: 6)])
        #expect(harness.client.patch("/admin/webhooks/logic-delete/\(id)").status == 200)
        let one = #"{"state":"PENDING","order_id":5}"#
        #expect(
            harness.client.with(key: "a").post("/admin/deliveries/discard", one).data["discarded_count"] == .integer(1))
        #expect(try harness.count("SELECT SUM(order_id) FROM lanes") == 6)
        let rest = harness.client.with(key: "b").post("/admin/deliveries/discard", #"{"state":"PENDING"}"#)
        #expect(rest.data["discarded_count"] == .integer(2), "\(rest)")
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
    }

    @Test func `a bulk change takes a thousand at a time`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        try harness.database.change(
            """
            INSERT INTO deliveries (endpoint_id, order_id, seq, replay, event_id, event_type, state, created_at)
            SELECT \(id), number + 1, number + 1, 0, \(eventID(1)), 'order.created', 'DEAD', UTC_TIMESTAMP(6)
            FROM \(SQL.numbers(below: 1001)) ORDER BY number
            """)
        let first = harness.client.with(key: "a").post("/admin/deliveries/redrive", "{}")
        #expect(first.data["redriven_count"] == .integer(1000) && first.data["has_more"] == .bool(true), "\(first)")
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 1000)
        let second = harness.client.with(key: "b").post("/admin/deliveries/redrive", "{}")
        #expect(second.data["redriven_count"] == .integer(1) && second.data["has_more"] == .bool(false))
        let discard = harness.client.with(key: "c").post("/admin/deliveries/discard", #"{"state":"PENDING"}"#)
        #expect(discard.data["discarded_count"] == .integer(1000) && discard.data["has_more"] == .bool(true))
        let rest = harness.client.with(key: "d").post("/admin/deliveries/discard", #"{"state":"PENDING"}"#)
        #expect(rest.data["discarded_count"] == .integer(1))
    }

    @Test func `a delivery can be made again, before later ones of its order`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        let id = try harness.endpoint(receiver.url).id
        try harness.take([try event(1, order: 5), try event(2, order: 5)])
        let pending = harness.client.post("/admin/deliveries/1/redeliver")
        #expect(pending.data["state"] == .string("PENDING") && pending.data["attempt_count"] == .integer(0))
        harness.start()
        try harness.waitUntilDelivered()
        harness.stop()
        try harness.take([try event(3, order: 5)])
        let again = harness.client.with(key: "k").post("/admin/deliveries/1/redeliver")
        #expect(again.data["state"] == .string("PENDING") && again.data["finished_at"] == .null, "\(again)")
        harness.start()
        try harness.waitUntilDelivered()
        #expect(harness.client.with(key: "k").post("/admin/deliveries/1/redeliver").isReplay)
        #expect(receiver.ids == [1, 2, 1, 3].map { eventID($0) })
        #expect(harness.client.patch("/admin/webhooks/logic-delete/\(id)").status == 200)
        #expect(harness.client.post("/admin/deliveries/1/redeliver").code == "webhook-not-active")
    }

    @Test func `410 disables the endpoint and keeps what waits until it is enabled`() throws {
        let isGone = Observed(true)
        let receiver = try WebhookReceiver { _, _ in isGone.value ? ("410 Gone", []) : ("200 OK", []) }
        let harness = try ServiceHarness()
        let id = try harness.endpoint(receiver.url).id
        harness.start()
        try harness.take([try event(1, order: 5), try event(2, order: 6)])
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM endpoints WHERE status = 'DISABLED'")) == 1 })
        let endpoint = harness.client.get("/admin/webhooks/find-one/\(id)")
        #expect(endpoint.data["disabled_reason"] == .string("gone"), "\(endpoint)")
        // Nothing is fanned out to it, and the two that wait are not sent.
        #expect(try harness.take([try event(3, order: 7)]).deliveryCount == 0)
        let sent = receiver.messages.value.count
        Thread.sleep(milliseconds: 1500)
        #expect(receiver.messages.value.count <= max(sent, 2))
        #expect(try harness.states() == ["PENDING", "PENDING"])
        isGone.change { $0 = false }
        let enabled = harness.client.post("/admin/webhooks/\(id)/enable")
        #expect(enabled.data["status"] == .string("ACTIVE") && enabled.data["disabled_reason"] == .null)
        try harness.waitUntilDelivered()
        #expect(try harness.states() == ["DELIVERED", "DELIVERED"])
    }

    @Test func `five days of failures disable an endpoint, and a success ends them`() throws {
        let isUp = Observed(false)
        let receiver = try WebhookReceiver { _, _ in isUp.value ? ("200 OK", []) : ("500 Broken", []) }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0"])
        let id = try harness.endpoint(receiver.url).id
        harness.start()
        try harness.take([try event(1, order: 1)])
        try harness.waitUntilDelivered()
        #expect(harness.client.get("/admin/webhooks/find-one/\(id)").data["failing_since"]?.string != nil)
        isUp.change { $0 = true }
        try harness.take([try event(2, order: 2)])
        try harness.waitUntilDelivered()
        #expect(harness.client.get("/admin/webhooks/find-one/\(id)").data["failing_since"] == .null)
        isUp.change { $0 = false }
        try harness.take([try event(3, order: 3)])
        try harness.waitUntilDelivered()
        try harness.database.change("UPDATE endpoints SET failing_since = failing_since - INTERVAL 119 HOUR")
        try harness.take([try event(4, order: 4)])
        try harness.waitUntilDelivered()
        #expect(harness.client.get("/admin/webhooks/find-one/\(id)").data["status"] == .string("ACTIVE"))
        try harness.database.change("UPDATE endpoints SET failing_since = failing_since - INTERVAL 2 HOUR")
        try harness.take([try event(5, order: 5)])
        try harness.waitUntilDelivered()
        let disabled = harness.client.get("/admin/webhooks/find-one/\(id)")
        #expect(disabled.data["status"] == .string("DISABLED"), "\(disabled)")
        #expect(disabled.data["disabled_reason"] == .string("failing"))
    }

    @Test func `a redirect is not followed`() throws {
        let other = try WebhookReceiver()
        let receiver = try WebhookReceiver { _, _ in ("302 Found", ["Location: \(other.url)"]) }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0"])
        try harness.endpoint(receiver.url)
        harness.start()
        try harness.take([try event(1, order: 1)])
        try harness.waitUntilDelivered()
        #expect(try outcomes(harness) == ["redirected"])
        #expect(other.messages.value.isEmpty && receiver.messages.value.count == 1)
    }

    @Test func `a name that leads to a private address is refused where it is connected to`() throws {
        let listener = try WebhookReceiver()
        let port = try #require(listener.url.split(separator: ":").last?.split(separator: "/").first)
        let harness = try ServiceHarness(["WEBHOOK_ALLOWED_NETWORKS": "", "WEBHOOK_RETRY_SECONDS": "0"])
        try harness.endpoint("https://localhost:\(port)/hook")
        harness.start()
        try harness.take([try event(1, order: 1)])
        try harness.waitUntilDelivered()
        #expect(try outcomes(harness) == ["address-not-allowed"])
        #expect(try harness.states() == ["DEAD"])
    }

    @Test func `a network that is allowed no more is not sent to`() throws {
        let receiver = try WebhookReceiver()
        let before = try ServiceHarness()
        try before.endpoint(receiver.url)
        try before.take([try event(1, order: 1)])
        let harness = try ServiceHarness(
            ["WEBHOOK_ALLOWED_NETWORKS": "", "WEBHOOK_RETRY_SECONDS": "0"], sharing: before)
        harness.start()
        try harness.waitUntilDelivered()
        #expect(try outcomes(harness) == ["address-not-allowed"])
        #expect(receiver.messages.value.isEmpty)
    }

    @Test func `nobody there, and a connection that breaks, are failures of their own`() throws {
        let silent = try WebhookReceiver { _, _ in ("", []) }
        let gone = try WebhookReceiver()
        let url = gone.url
        gone.stop()
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0"])
        try harness.endpoint(silent.url)
        try harness.endpoint(url)
        harness.start()
        try harness.take([try event(1, order: 1)])
        try harness.waitUntilDelivered()
        #expect(try outcomes(harness) == ["no-reply", "unreachable"])
        let detail = harness.client.get("/admin/deliveries/find-one/1")
        #expect(detail.data["attempts"]?.array?.first?["reply"]?.string?.isEmpty == false, "\(detail)")
    }

    @Test func `of a reply the first kilobyte is kept, whatever bytes it has`() throws {
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 5000\r\n\r\n")
                connection.write([UInt8](repeating: 0xFF, count: 5000))
            }
        }
        defer { server.stop() }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0"])
        try harness.endpoint(server.url)
        harness.start()
        try harness.take([try event(1, order: 1)])
        try harness.waitUntilDelivered()
        #expect(try harness.count("SELECT LENGTH(reply) FROM attempts") == 1024)
        let reply = harness.client.get("/admin/deliveries/find-one/1").data["attempts"]?.array?.first?["reply"]?.string
        #expect(reply == String(repeating: "\u{FFFD}", count: 1024))
    }

    @Test func `a test event goes the way of every delivery`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        let id = try harness.endpoint(receiver.url, types: ["order.paid"]).id
        harness.start()
        let client = harness.client.with(key: "k")
        let first = client.post("/admin/webhooks/\(id)/test")
        #expect(first.status == 200 && first.data["state"] == .string("PENDING"), "\(first)")
        #expect(first.data["order_id"] == .null && first.data["seq"] == .null)
        #expect(client.post("/admin/webhooks/\(id)/test").isReplay)
        try harness.waitUntilDelivered()
        let message = try #require(receiver.messages.value.first)
        #expect(receiver.messages.value.count == 1)
        #expect(message.id == first.data["event_id"]?.string)
        let body = try JSONParser.parse(message.body)
        #expect(body["type"] == .string("webhook.test") && body["data"]?["endpoint_id"] == .integer(id))
        #expect(harness.client.post("/admin/webhooks/\(id)/test").id > first.id)
        try harness.waitUntilDelivered()
        #expect(Set(receiver.ids).count == 2)
    }

    private func outcomes(_ harness: ServiceHarness) throws -> [String] {
        try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT outcome FROM attempts ORDER BY delivery_id, number") {
                (row) throws(DatabaseError) in try row.string(0)
            }
        }
    }
}
