import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WebhookSignatures

@testable import Notifier

/// What endpoints get, over real connections.
@Suite(.blocking) struct DeliveryOrderTests {
    @Test func `an event arrives as the feed has it, signed, and is delivered once`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        let (id, secret) = try harness.endpoint(receiver.url)
        harness.start()
        let sent = try event(1, order: 5)
        #expect(try harness.take([sent]).deliveryCount == 1)
        #expect(receiver.wait(for: 1))
        try harness.waitUntilDelivered()
        let message = try #require(receiver.messages.value.first)
        #expect(message.text == eventJSON(1, order: 5))
        #expect(message.headers["content-type"] == "application/cloudevents+json")
        #expect(message.id == eventID(1))
        let timestamp = try #require(message.headers["webhook-timestamp"].flatMap { Int($0) })
        #expect(throws: Never.self) {
            try WebhookSignature.verify(
                headers: message.headers, body: message.body, secrets: [try #require(SigningSecret(secret))],
                nowSeconds: timestamp)
        }
        #expect(receiver.messages.value.count == 1)
        let delivery = harness.client.get("/admin/deliveries/find-one/1")
        #expect(delivery.data["state"] == .string("DELIVERED"), "\(delivery)")
        #expect(delivery.data["endpoint_id"] == .integer(id) && delivery.data["order_id"] == .integer(5))
        #expect(delivery.data["event"]?["data"]?["order_id"] == .integer(5))
        let attempt = try #require(delivery.data["attempts"]?.array?.first)
        #expect(attempt["status"] == .integer(204) && attempt["outcome"] == .string("delivered"))
    }

    @Test func `the events of an order arrive in their order, through failures`() throws {
        let receiver = try WebhookReceiver { message, before in
            // Every second message of an order fails at first.
            message.text.contains("order.confirmed") && before < 12 ? ("503 Busy", []) : ("200 OK", [])
        }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0,0,0,0,0,0,0,0,0,0,0,0"])
        try harness.endpoint(receiver.url)
        harness.start()
        var events: [FeedEvent] = []
        for (index, type) in ["order.created", "order.confirmed", "order.canceled"].enumerated() {
            for order in 1...6 { events.append(try event(Int64(index * 6 + order), order: Int64(order), type: type)) }
        }
        try harness.take(events)
        try harness.waitUntilDelivered()
        for order in 1...6 {
            let own = receiver.messages.value.filter { $0.text.contains(#""order_id":\#(order),"#) }
            // First arrivals ascend, and none comes before the one ahead of it was accepted.
            let firsts = own.map(\.id).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            #expect(firsts == [order, order + 6, order + 12].map { eventID(Int64($0)) }, "\(order)")
            #expect(own.map(\.id) == own.map(\.id).sorted(), "\(order)")
        }
        #expect(Set(try harness.states()) == ["DELIVERED"])
    }

    @Test func `an attempt has the same bytes as the one before it, and a signature of its own`() throws {
        let receiver = try WebhookReceiver { _, before in before < 2 ? ("500 Broken", []) : ("200 OK", []) }
        let harness = try ServiceHarness()
        let secret = try #require(SigningSecret(try harness.endpoint(receiver.url).secret))
        harness.start()
        try harness.take([try event(1, order: 5)])
        try harness.waitUntilDelivered()
        let messages = receiver.messages.value
        #expect(messages.count == 3)
        #expect(Set(messages.map(\.text)).count == 1 && Set(messages.map(\.id)).count == 1)
        for message in messages {
            let timestamp = try #require(message.headers["webhook-timestamp"].flatMap { Int($0) })
            #expect(throws: Never.self) {
                try WebhookSignature.verify(
                    headers: message.headers, body: message.body, secrets: [secret], nowSeconds: timestamp)
            }
        }
        let attempts = harness.client.get("/admin/deliveries/find-one/1").data["attempts"]?.array ?? []
        #expect(attempts.map { $0["outcome"]?.string } == ["delivered", "refused", "refused"])
        #expect(attempts.map { $0["number"]?.integer } == [3, 2, 1])
    }

    @Test func `the pauses between attempts are those of the setting, and a Retry-After is waited for`() throws {
        let receiver = try WebhookReceiver { _, before in
            switch before {
            case 0: ("500 Broken", [])
            case 1: ("429 Slow down", ["Retry-After: 2"])
            default: ("200 OK", [])
            }
        }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0,1,1"])
        try harness.endpoint(receiver.url)
        harness.start()
        try harness.take([try event(1, order: 5)])
        try harness.waitUntilDelivered()
        let times = receiver.messages.value.map(\.at.uptimeNanoseconds)
        #expect(times.count == 3)
        let pauses = zip(times, times.dropFirst()).map { Int(($1 - $0) / 1_000_000) }
        // 800 to 1,200 ms and what the machine takes; later than that only on a machine that is busy.
        #expect(pauses[0] >= 790 && pauses[0] < 5000, "\(pauses)")
        #expect(pauses[1] >= 1990 && pauses[1] < 8000, "\(pauses)")
    }

    @Test func `an endpoint hears of its types only, and of none that came before it`() throws {
        let harness = try ServiceHarness()
        try harness.take([try event(1, order: 1, type: "order.confirmed")])
        let some = try harness.endpoint("https://a.example", types: ["order.confirmed"]).id
        let all = try harness.endpoint("https://b.example").id
        try harness.take([
            try event(2, order: 1, type: "order.created"), try event(3, order: 1, type: "order.confirmed"),
            try event(4, order: 2, type: "order.refunded"),
        ])
        let rows = try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT endpoint_id, seq FROM deliveries ORDER BY endpoint_id, seq") {
                (row) throws(DatabaseError) in [try row.int64(0), try row.int64(1)]
            }
        }
        #expect(rows == [[some, 3], [all, 2], [all, 3], [all, 4]])
    }

    @Test func `a secret that was rotated signs as well, for a day`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        let (id, first) = try harness.endpoint(receiver.url)
        let rotation = harness.client.post("/admin/webhooks/\(id)/rotate-secret")
        let second = try #require(rotation.data["secret"]?.string)
        harness.start()
        try harness.take([try event(1, order: 5)])
        try harness.waitUntilDelivered()
        let message = try #require(receiver.messages.value.first)
        let timestamp = try #require(message.headers["webhook-timestamp"].flatMap { Int($0) })
        for secret in [first, second] {
            #expect(throws: Never.self) {
                try WebhookSignature.verify(
                    headers: message.headers, body: message.body, secrets: [try #require(SigningSecret(secret))],
                    nowSeconds: timestamp)
            }
        }
        harness.stop()
        try harness.database.change(
            "UPDATE endpoints SET previous_secret_until = previous_secret_until - INTERVAL 24 HOUR")
        let hours = try harness.count(
            "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(6), previous_secret_until) FROM endpoints")
        #expect((-2...0).contains(hours))
        harness.app.wake.noteEndpoints()
        harness.start()
        try harness.take([try event(2, order: 5)])
        try harness.waitUntilDelivered()
        let later = try #require(receiver.messages.value.last)
        #expect(later.headers["webhook-signature"]?.split(separator: " ").count == 1)
        #expect(throws: (any Error).self) {
            try WebhookSignature.verify(
                headers: later.headers, body: later.body, secrets: [try #require(SigningSecret(first))],
                nowSeconds: try #require(later.headers["webhook-timestamp"].flatMap { Int($0) }))
        }
    }

    @Test func `an endpoint whose secret cannot be opened is sent nothing, and loses no attempt`() throws {
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness()
        try harness.endpoint(receiver.url)
        let other = try ServiceHarness(
            ["SECRETS_KEY": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="], sharing: harness)
        other.start()
        try harness.take([try event(1, order: 5)])
        Thread.sleep(milliseconds: 1500)
        #expect(receiver.messages.value.isEmpty)
        #expect(try harness.states() == ["PENDING"])
        // With both keys it can: the new one encrypts, the old one still decrypts.
        let both = try ServiceHarness(
            ["SECRETS_KEY": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=,\(ServiceHarness.secretsKey)"],
            sharing: harness)
        both.start()
        #expect(receiver.wait(for: 1))
        try harness.waitUntilDelivered()
    }
}
