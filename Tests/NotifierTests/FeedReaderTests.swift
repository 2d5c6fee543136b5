import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Telemetry
import Testing
import WebApplication

@testable import Notifier

@Suite(.blocking) struct FeedReaderTests {
    private struct Following {
        let feed: ScriptedFeed
        let harness: ServiceHarness
        let worker: Worker
    }

    private func following(_ settings: [String: String] = [:], start: Bool = true) throws -> Following {
        let feed = try ScriptedFeed()
        let harness = try ServiceHarness(settings.merging(["ORDERS_API_BASE": feed.url]) { own, _ in own })
        let worker = harness.app.feed
        if start { harness.start([worker]) }
        return Following(feed: feed, harness: harness, worker: worker)
    }

    @Test func `the feed is followed by long polls, from where it was left`() throws {
        let following = try following()
        let receiver = try WebhookReceiver()
        try following.harness.endpoint(receiver.url)
        following.feed.add(eventJSON(1, order: 1), eventJSON(2, order: 1))
        #expect(receiver.wait(for: 2))
        #expect(receiver.messages.value.map(\.text) == [eventJSON(1, order: 1), eventJSON(2, order: 1)])
        following.feed.add(eventJSON(3, order: 1))
        #expect(receiver.wait(for: 3))
        let asked = following.feed.asked.value
        #expect(asked.first?.after == "0" && asked.first?.prefer == "wait=20")
        #expect(asked.first?.authorization == "Bearer \(TestTokens.service)")
        #expect(asked.contains { $0.after == "2-\(eventID(2))" })
        #expect(asked.allSatisfy { 1...500 ~= $0.limit })
        #expect(following.harness.app.status.state == .following)
        let metrics = following.harness.app.base.metrics.prometheusText()
        #expect(metrics.contains("feed_state 0.0"), "\(metrics)")
        #expect(metrics.contains(#"event_consumer_lag{consumer="notifier"}"#))
    }

    @Test func `a log that was put back stops the reading, which says so and goes on by itself when it can`() throws {
        let following = try following(start: false)
        following.feed.add(eventJSON(1, order: 1))
        #expect(following.worker.runOnce() == .after(milliseconds: 0))
        following.feed.state.change { $0.isRewound = true }
        #expect(following.worker.runOnce() == .after(milliseconds: 60_000))
        #expect(following.harness.app.status.state == .rewound)
        let health = following.harness.client.with(token: TestTokens.service).get("/health/detailed")
        let check = health.json["checks"]?.array?.first { $0["name"] == .string("event-feed") }
        #expect(check?["status"] == .string("fail"), "\(health)")
        #expect(check?["detail"]?.string?.contains("rebase-events") == true)
        #expect(following.harness.client.get("/health/ready").status == 200, "What is stored can still be delivered.")
        #expect(following.harness.app.base.metrics.prometheusText().contains("feed_state 4.0"))
        following.feed.state.change { $0.isRewound = false }
        following.feed.add(eventJSON(2, order: 1))
        #expect(following.worker.runOnce() == .after(milliseconds: 0))
        #expect(following.harness.app.status.state == .following)
        #expect(try following.harness.count("SELECT seq FROM feed_cursor") == 2)
    }

    @Test func `a gap, an answer that is no page, and a feed that is away are told apart`() throws {
        let following = try following(start: false)
        following.feed.state.change { $0.firstSeq = 2 }
        following.feed.add(eventJSON(2, order: 1))
        #expect(following.worker.runOnce() == .after(milliseconds: 60_000))
        #expect(following.harness.app.status.state == .gap)
        #expect(try following.harness.count("SELECT seq FROM feed_cursor") == 0)
        following.feed.state.change { $0.events = ["\"\u{7}\""] }
        #expect(following.worker.runOnce() == .after(milliseconds: 1000))
        #expect(following.harness.app.status.state == .unreadable)
        let away = try ServiceHarness(["ORDERS_API_BASE": "http://127.0.0.1:1"])
        #expect(away.app.feed.runOnce() == .after(milliseconds: 1000))
        #expect(away.app.status.state == .unavailable)
    }

    @Test func `a page that is larger than is read is asked for in parts`() throws {
        let feed = try ScriptedFeed()
        let harness = try ServiceHarness(["ORDERS_API_BASE": feed.url])
        let note = String(repeating: "x", count: 60_000)
        feed.state.change { state in
            state.events = (1...20).map {
                eventJSON($0, order: 1).replacing("}}", with: #","note":"\#(note)"}}"#)
            }
        }
        var configuration = FeedClient.transportConfiguration(ServiceTLS(), stop: .never)
        configuration.replyBytesMax = 300_000
        let reader = FeedReader(
            database: harness.database,
            client: FeedClient(
                transport: CurlTransport(configuration: configuration), origin: try #require(Origin(feed.url)),
                token: ServiceToken("t")),
            cursor: FeedCursorStore(), endpoints: EndpointStore(), ingest: harness.app.ingest,
            status: harness.app.status, wake: harness.app.wake, metrics: harness.app.base.metrics,
            logger: harness.app.base.logger)
        let limit = Lock(500)
        for _ in 0..<60 where try harness.count("SELECT seq FROM feed_cursor") < 20 { _ = reader.run(limit) }
        #expect(try harness.count("SELECT seq FROM feed_cursor") == 20)
    }

    @Test func `an event that cannot be delivered is counted, and the next one is delivered`() throws {
        let following = try following()
        let receiver = try WebhookReceiver()
        try following.harness.endpoint(receiver.url)
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        following.feed.add(
            eventJSON(1, order: 1), "[1]", eventJSON(3, order: 1).replacing("}}", with: ",\"x\":\(deep)}}"))
        following.feed.add(eventJSON(4, order: 1))
        #expect(receiver.wait(for: 3))
        #expect(receiver.ids == [1, 3, 4].map { eventID($0) })
        let metrics = following.harness.app.base.metrics.prometheusText()
        #expect(metrics.contains(#"feed_events_total{outcome="refused"} 1"#), "\(metrics)")
        #expect(metrics.contains(#"feed_events_total{outcome="taken"} 3"#), "\(metrics)")
    }

    @Test func `a request that waits ends when the service stops`() throws {
        let following = try following()
        #expect(following.feed.asked.wait { !$0.isEmpty })
        let start = Deadline.nowUptimeNanoseconds()
        following.harness.stop()
        #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 10_000)
    }

    @Test func `a rewind goes on from the newest event that both know, and forgets what the log has lost`() throws {
        for (known, kept) in [(7, 7), (20, 20), (0, 0), (19, 19), (1, 1)] as [(Int64, Int64)] {
            let following = try following(start: false)
            let harness = following.harness
            try harness.endpoint("https://a.example")
            following.feed.state.change { $0.events = (1...20).map { eventJSON($0, order: $0 % 3 + 1) } }
            #expect(following.worker.runOnce() == .after(milliseconds: 0))
            following.feed.state.change { $0.knownSeqMax = known }
            let rewind = FeedRewind(
                database: harness.database,
                client: FeedClient(
                    transport: CurlTransport(), origin: try #require(Origin(following.feed.url)),
                    token: ServiceToken("t")),
                cursor: FeedCursorStore(), inbox: InboxStore(), logger: harness.app.base.logger)
            #expect(try rewind.run().seq == kept)
            #expect(try harness.count("SELECT COUNT(*) FROM inbox") == kept)
            #expect(try harness.count("SELECT COUNT(*) FROM deliveries") == kept)
            #expect(try harness.count("SELECT seq FROM feed_cursor") == kept)
            // Another history.
            following.feed.state.change { state in
                state.knownSeqMax = .max
                state.events = state.events.prefix(Int(known)) + [eventJSON(known + 1, order: 9)]
            }
            #expect(following.harness.app.feed.runOnce() == .after(milliseconds: 0))
            #expect(try harness.count("SELECT seq FROM feed_cursor") == kept + 1)
        }
    }
}
