import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseWebService
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct SecondInstanceTests {
    @Test func `two instances deliver each event once, in order`() throws {
        let feed = try ScriptedFeed()
        let receiver = try WebhookReceiver()
        let settings = ["ORDERS_API_BASE": feed.url]
        let first = try ServiceHarness(settings)
        let second = try ServiceHarness(settings, sharing: first)
        try first.endpoint(receiver.url)
        for harness in [first, second] { harness.start([harness.app.feed]) }
        feed.state.change { $0.events = (1...300).map { eventJSON($0, order: $0 % 40 + 1) } }
        #expect(receiver.wait(for: 300, withinMilliseconds: 60_000))
        try first.waitUntilDelivered()
        #expect(receiver.ids.count == 300 && Set(receiver.ids).count == 300)
        for order in 1...40 {
            let own = receiver.messages.value.filter { $0.text.contains(#""order_id":\#(order),"#) }.map(\.id)
            #expect(own == own.sorted(), "\(order)")
        }
    }

    @Test func `a disabled or changed endpoint is noticed by the other instance`() throws {
        let old = try WebhookReceiver()
        let new = try WebhookReceiver()
        let first = try ServiceHarness()
        let second = try ServiceHarness(sharing: first)
        let id = try first.endpoint(old.url).id
        second.start()
        try first.take([try event(1, order: 1)])
        #expect(old.wait(for: 1))
        #expect(first.client.patch("/admin/webhooks/update/\(id)", #"{"url":"\#(new.url)"}"#).status == 200)
        Thread.sleep(milliseconds: 2500)
        try first.take([try event(2, order: 1)])
        #expect(new.wait(for: 1))
        #expect(old.messages.value.count == 1)
    }

    /// One endpoint does not answer, nine do.
    @Test func `an endpoint that hangs costs the others little`() throws {
        let isReleased = Observed(false)
        let hanging = try WebhookReceiver { _, _ in
            isReleased.wait(withinMilliseconds: 30_000) { $0 }
            return ("500 Late", [])
        }
        let others = try (1...9).map { _ in try WebhookReceiver() }
        let harness = try ServiceHarness(["WEBHOOK_RETRY_SECONDS": "0,3600"])
        try harness.endpoint(hanging.url)
        for receiver in others { try harness.endpoint(receiver.url) }
        harness.start()
        defer { isReleased.change { $0 = true } }
        try harness.take(try (1...100).map { try event($0, order: $0) })
        for receiver in others { #expect(receiver.wait(for: 100, withinMilliseconds: 9000)) }
        #expect(hanging.messages.value.count <= 4)
    }

    @Test func `an endpoint that comes back gets what has waited, four at a time`() throws {
        let inFlight = Observed((now: 0, most: 0))
        let channel = CountingChannel { _, _ in
            inFlight.change { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            Thread.sleep(milliseconds: 2)
            inFlight.change { $0.now -= 1 }
            return .delivered
        }
        let harness = try ServiceHarness(channel: channel)
        try harness.endpoint("https://a.example")
        for page in 0..<4 {
            try harness.take(try (1...250).map { try event(Int64(page * 250 + $0), order: Int64(page * 250 + $0)) })
        }
        try harness.database.change("UPDATE endpoints SET failing_since = UTC_TIMESTAMP(6)")
        harness.start()
        try harness.waitUntilDelivered(withinMilliseconds: 60_000)
        #expect(channel.sent.value.count == 1000)
        #expect(inFlight.value.most == 4)
        #expect(harness.client.get("/admin/webhooks/find-one/1").data["failing_since"] == .null)
    }
}
