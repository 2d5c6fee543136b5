import BlockingTesting
import ConcurrencyTesting
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct ReplayTests {
    @Test func `a replay sends the same bytes again, in order, in a lane of its own`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        let id = try harness.endpoint(receiver.url).id
        harness.start()
        try harness.take([
            try event(1, order: 5), try event(2, order: 6), try event(3, order: 5, type: "order.confirmed"),
        ])
        try harness.waitUntilDelivered()
        let before = receiver.messages.value
        let path = "/admin/webhooks/\(id)/replay"
        #expect(harness.client.post(path, #"{"from_seq":1}"#).code == "idempotency-key-missing")
        let replay = harness.client.with(key: "a").post(path, #"{"from_seq":1}"#)
        #expect(replay.data["queued_count"] == .integer(3) && replay.data["next_from_seq"] == .null, "\(replay)")
        try harness.waitUntilDelivered()
        let after = receiver.messages.value.dropFirst(3)
        #expect(after.count == 3)
        #expect(Set(after.map(\.text)) == Set(before.map(\.text)))
        let ofOrder = after.filter { $0.text.contains(#""order_id":5,"#) }
        #expect(ofOrder.map(\.id) == [1, 3].map { eventID($0) })
        let some = harness.client.with(key: "b").post(
            path, #"{"from_seq":2,"to_seq":3,"types":["order.confirmed"]}"#)
        #expect(some.data["queued_count"] == .integer(1), "\(some)")
        try harness.waitUntilDelivered()
        #expect(receiver.ids.last == eventID(3))
        let none = harness.client.with(key: "c").post(path, #"{"from_seq":9}"#)
        #expect(none.data["queued_count"] == .integer(0) && none.data["next_from_seq"] == .null)
        let replayed = harness.client.get("/admin/deliveries/find-all?endpoint_id=\(id)&limit=1")
        #expect(replayed.data.array?.first?["replay"] == some.data["id"])
    }

    @Test func `only what failed can be replayed`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        try harness.take(try (1...4).map { try event($0, order: $0) })
        try harness.database.change("UPDATE deliveries SET state = 'DELIVERED' WHERE seq IN (1, 4)")
        try harness.database.change("UPDATE deliveries SET state = 'DEAD' WHERE seq = 2")
        try harness.database.change("UPDATE deliveries SET state = 'DISCARDED' WHERE seq = 3")
        let replay = harness.client.with(key: "a").post(
            "/admin/webhooks/\(id)/replay", #"{"from_seq":1,"only_failed":true}"#)
        #expect(replay.data["queued_count"] == .integer(2), "\(replay)")
        let lanes = try harness.count(
            "SELECT COUNT(*) FROM deliveries WHERE replay > 0 AND seq IN (2, 3) AND state = 'PENDING'")
        #expect(lanes == 2)
    }

    @Test func `a call looks at a thousand events, and the next one goes on with its replay`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example", types: ["order.paid"]).id
        try harness.database.change(
            """
            INSERT INTO inbox (seq, order_id, event_id, event_type, body, created_at)
            SELECT number + 1, 7, \(eventID(1)), 'order.paid', '{}', UTC_TIMESTAMP(6)
            FROM \(SQL.numbers(below: 1500)) ORDER BY number
            """)
        let path = "/admin/webhooks/\(id)/replay"
        let first = harness.client.with(key: "a").post(path, #"{"from_seq":1}"#)
        #expect(
            first.data["queued_count"] == .integer(1000) && first.data["next_from_seq"] == .integer(1001), "\(first)")
        let body = #"{"from_seq":1001,"replay":\#(first.id)}"#
        let second = harness.client.with(key: "b").post(path, body)
        #expect(second.data["queued_count"] == .integer(500) && second.data["next_from_seq"] == .null, "\(second)")
        #expect(second.id == first.id)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 1)
        // Under another key the same part is there already.
        #expect(harness.client.with(key: "c").post(path, body).data["queued_count"] == .integer(0))
        let foreign = harness.client.with(key: "d").post(path, #"{"from_seq":1,"replay":\#(first.id + 1)}"#)
        #expect(foreign.code == "webhook-not-found")
        let mistaken = harness.client.with(key: "e").post(path, #"{"from_seq":5,"to_seq":4,"types":["x"]}"#)
        #expect(mistaken.violations == ["/types unknown-value", "/to_seq range"])
    }
}
