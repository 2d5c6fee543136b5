import BlockingTesting
import Concurrency
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct FeedIngestTests {
    @Test func `an event that was taken is dropped, and what follows it is taken`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        let events = try (1...4).map { try event($0, order: 1) }
        #expect(try harness.take(Array(events.prefix(2))) == .init(takenCount: 2, deliveryCount: 2))
        #expect(try harness.take(Array(events.prefix(2))) == .init(duplicateCount: 2))
        #expect(try harness.take(events) == .init(takenCount: 2, duplicateCount: 2, deliveryCount: 2))
        #expect(try harness.count("SELECT COUNT(*) FROM inbox") == 4)
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries") == 4)
        #expect(try harness.count("SELECT seq FROM feed_cursor") == 4)
    }

    @Test func `a page with a gap is refused as a whole`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        for seqs in [[2], [1, 3], [1, 2, 2]] as [[Int64]] {
            #expect(throws: FeedIngest.Failure.self) { try harness.take(try seqs.map { try event($0, order: 1) }) }
        }
        #expect(try harness.count("SELECT COUNT(*) FROM inbox") == 0)
        #expect(try harness.count("SELECT seq FROM feed_cursor") == 0)
    }

    @Test func `a gap that the feed tells of is none`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        let rebased = FeedEvent(
            seq: 501, previousSeq: 1, event: try JSONParser.parse(Array(eventJSON(2, order: 1).utf8)))
        #expect(try harness.take([try event(1, order: 1), rebased]) == .init(takenCount: 2, deliveryCount: 2))
        #expect(throws: FeedIngest.Failure.self) { try harness.take([try event(503, order: 1)]) }
        #expect(try harness.take([try event(502, order: 1)]) == .init(takenCount: 1, deliveryCount: 1))
    }

    @Test func `an event that cannot be delivered is kept with its reason, and the feed goes on`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        let large = eventJSON(2, order: 1).replacing(
            "}}", with: #","note":"\#(String(repeating: "x", count: 65_536))"}}"#)
        let bodies = [
            large, "[]", "null", "{}", eventJSON(6, order: 0), eventJSON(7, order: 1).replacing(eventID(7), with: "7"),
            eventJSON(8, order: 1, type: String(repeating: "t", count: 65)),
        ]
        var events = [try event(1, order: 1)]
        for (index, body) in bodies.enumerated() {
            events.append(FeedEvent(seq: Int64(index + 2), event: try JSONParser.parse(Array(body.utf8))))
        }
        events.append(try event(9, order: 1))
        #expect(try harness.take(events) == .init(takenCount: 9, refusedCount: 7, deliveryCount: 2))
        #expect(try harness.count("SELECT COUNT(*) FROM inbox WHERE refusal IS NOT NULL AND LENGTH(body) = 0") == 7)
        // Nothing sends it later either.
        let replay = harness.client.with(key: "k").post("/admin/webhooks/1/replay", #"{"from_seq":1}"#)
        #expect(replay.data["queued_count"] == .integer(2), "\(replay)")
    }

    @Test func `the largest event is taken`() throws {
        let harness = try ServiceHarness()
        let small = eventJSON(1, order: 1).replacing("}}", with: #","note":""}}"#)
        let padding = String(repeating: "x", count: FeedEvent.bytesMax - small.utf8.count)
        let body = small.replacing(#""note":"""#, with: #""note":"\#(padding)""#)
        #expect(body.utf8.count == FeedEvent.bytesMax)
        let event = FeedEvent(seq: 1, event: try JSONParser.parse(Array(body.utf8)))
        #expect(try harness.take([event]).refusedCount == 0)
        #expect(try harness.count("SELECT LENGTH(body) FROM inbox") == Int64(FeedEvent.bytesMax))
    }

    @Test func `a page of five hundred for a hundred endpoints is one transaction of a bounded length`() throws {
        let harness = try ServiceHarness()
        for number in 0..<100 { try harness.endpoint("https://a\(number).example") }
        let start = Deadline.nowUptimeNanoseconds()
        let outcome = try harness.take(try (1...50).map { try event($0, order: $0 % 20 + 1) })
        let milliseconds = (Deadline.nowUptimeNanoseconds() - start) / 1_000_000
        #expect(outcome.deliveryCount == 5000)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 2000)
        #expect(milliseconds < 5000)
    }

    @Test func `two that take the same page at once take it once`() throws {
        let harness = try ServiceHarness()
        try harness.endpoint("https://a.example")
        let events = try (1...50).map { try event($0, order: 1) }
        let outcomes = try inParallel(4) { _ in try? harness.take(events).takenCount }
        #expect(outcomes.compactMap(\.self).sorted() == [0, 0, 0, 50])
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries") == 50)
    }
}
