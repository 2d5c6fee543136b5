import BlockingTesting
import Concurrency
import ConcurrencyTesting
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Testing

/// Every committed event gets a number, in the order of its order's versions and without gaps.
@Suite(.blocking) struct EventLogTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness
    private let chair: Int64
    private var database: Database { harness.database }

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
        chair = try harness.product("chair", stock: 100_000)
    }

    private func made() throws -> Int64 {
        let reply = harness.order(customers.ana, [(chair, 1)])
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    @discardableResult
    private func number() throws -> Int { try harness.app.sequencer.run(by: .after(milliseconds: 20_000)) }

    private func list(_ query: String = "") -> Reply { harness.client.get("/admin/events/find-all?\(query)") }

    private func seqs(_ reply: Reply) -> [Int64] { (reply.data.array ?? []).compactMap { $0["seq"]?.integer } }

    private func nextAfter(_ reply: Reply) -> String { reply.json["meta"]?["next_after"]?.string ?? "" }

    @Test func `the log has every event with a number of its own, and the outbox is empty then`() throws {
        let id = try made()
        #expect(harness.confirm(id, key: "confirm").status == 200)
        #expect(seqs(list()) == [])
        #expect(try number() == 2)
        #expect(try number() == 0)
        let reply = list()
        #expect(seqs(reply) == [1, 2])
        #expect(
            reply.data.array?.map { $0["event"]?["type"] } == [.string("order.created"), .string("order.confirmed")])
        let history = harness.client.get("/admin/orders/\(id)/history")
        #expect(reply.data.array?.map { $0["event"] } == history.data.array)
        #expect(try database.number("SELECT COUNT(*) FROM event_outbox") == 0)
    }

    @Test func `a reader who sends back next_after meets each event once`() throws {
        for _ in 0..<5 { _ = try made() }
        try number()
        let first = list("limit=2")
        #expect(seqs(first) == [1, 2])
        #expect(first.json["meta"]?["has_next"] == .bool(true))
        let second = list("limit=2&after=\(nextAfter(first))")
        #expect(seqs(second) == [3, 4])
        let third = list("limit=2&after=\(nextAfter(second))")
        #expect(seqs(third) == [5])
        #expect(third.json["meta"]?["has_next"] == .bool(false))
        let last = list("after=\(nextAfter(third))")
        #expect(seqs(last) == [])
        #expect(nextAfter(last) == nextAfter(third))
        #expect(nextAfter(list("order_id=99")) == "0")
    }

    @Test func `events can be asked for by type and by order`() throws {
        let (first, second) = (try made(), try made())
        #expect(harness.confirm(first, key: "first").status == 200)
        #expect(harness.cancel(second).status == 200)
        try number()
        #expect(seqs(list("type=order.confirmed")).count == 1)
        #expect(seqs(list("order_id=\(second)")).count == 2)
        #expect(seqs(list("order_id=\(second)&type=order.canceled")).count == 1)
        #expect(list("type=order.shipped").violations == ["type unknown-value"])
        #expect(list("order_id=x&limit=0").violations == ["order_id range", "limit range"])
    }

    @Test(arguments: [
        "", "x", "1", "1-", "01-7f3c1e5a-9d50-4c6e-8a35-2f6d1f0b7c11", "-1-7f3c1e5a-9d50-4c6e-8a35-2f6d1f0b7c11",
    ])
    func `what is no position is refused`(_ after: String) {
        let reply = list("after=\(after)")
        #expect(after.isEmpty ? reply.status == 422 : reply.code == "invalid-cursor", "\(reply)")
    }

    @Test func `a position that the log does not know is gone`() throws {
        _ = try made()
        try number()
        let position = nextAfter(list())
        #expect(list("after=\(position)").status == 200)
        // Restored to before the event: first it is missing, then its number is another's.
        try database.change("DELETE FROM event_log")
        try database.change("UPDATE event_sequence SET seq = 0")
        #expect(list("after=\(position)").status == 410)
        _ = try made()
        try number()
        let reply = list("after=\(position)")
        #expect(reply.status == 410)
        #expect(reply.code == "events-rewound")
        #expect(seqs(list()) == [1])
    }

    @Test func `after a rebase the numbers go on behind what readers can have seen`() throws {
        _ = try made()
        try number()
        func rebase(to seq: Int64) throws -> Int64 {
            try database.transaction(by: .after(milliseconds: 5000)) {
                (transaction: borrowing Transaction<RebaseError>) throws(RebaseError) in
                try EventNumbering().rebase(to: seq, in: transaction)
            }
        }
        #expect(try rebase(to: 300) == 1)
        #expect(try rebase(to: 500) == 300)
        #expect(throws: RebaseError.self) { try rebase(to: 500) }
        _ = try made()
        _ = try made()
        try number()
        let reply = list()
        #expect(seqs(reply) == [1, 501, 502])
        #expect(reply.data.array?.map { $0["previous_seq"]?.integer } == [nil, 1, nil])
    }

    @Test func `an event that commits late gets a later number, and none is skipped or deleted for it`() throws {
        let (late, early) = (try made(), try made())
        try number()
        let before = nextAfter(list())
        try database.change(
            """
            INSERT INTO order_events (order_id, version, event_id, type, body, created_at)
            VALUES (\(late), 2, \(EventID()), 'order.confirmed', '{"partitionkey":"late"}', UTC_TIMESTAMP(6))
            """)
        var first: Reply?
        try harness.holding(
            "INSERT INTO event_outbox (order_id, version, type) VALUES (\(late), 2, 'order.confirmed')"
        ) { () throws in
            // Its row has a higher id than the other's, and commits first.
            #expect(harness.confirm(early, key: "early").status == 200)
            #expect(try number() == 1)
            first = list("after=\(before)")
        }
        let keys = try #require(first).data.array?.map { $0["event"]?["partitionkey"] }
        #expect(keys == [.string("\(early)")])
        #expect(try number() == 1)
        let second = list("after=\(nextAfter(try #require(first)))")
        #expect(seqs(second) == [4])
        #expect(second.data.array?.first?["event"]?["partitionkey"] == .string("late"))
    }

    @Test func `an event waits for the one before it of its order, whichever comes first to the outbox`() throws {
        let (id, other) = (try made(), try made())
        #expect(harness.confirm(id, key: "confirm").status == 200)
        #expect(harness.cancel(id).status == 200)
        // As a cluster's node may give ids: the third before the first, the second not there yet.
        try database.change("UPDATE event_outbox SET id = 1001 WHERE order_id = \(id) AND version = 1")
        try database.change("UPDATE event_outbox SET id = 1000 WHERE order_id = \(id) AND version = 3")
        try database.change("DELETE FROM event_outbox WHERE order_id = \(id) AND version = 2")
        #expect(try number() == 2)
        #expect(try database.number("SELECT COUNT(*) FROM event_log WHERE order_id = \(other)") == 1)
        #expect(try number() == 0)
        try database.change(
            "INSERT INTO event_outbox (order_id, version, type) VALUES (\(id), 2, 'order.confirmed')")
        #expect(try number() == 2)
        let versions = list("order_id=\(id)").data.array?.map { $0["event"]?["sequence"] }
        #expect(versions == ["1", "2", "3"].map { .string($0) })
    }

    @Test func `events that cannot have their turn keep no other from it`() throws {
        let id = try made()
        try number()
        try database.change(
            """
            INSERT INTO event_outbox (order_id, version, type)
            SELECT number + 1000000, 2, 'order.confirmed' FROM \(SQL.numbers(below: 1200))
            """)
        #expect(harness.confirm(id, key: "confirm").status == 200)
        #expect(try number() == 1)
        #expect(seqs(list("order_id=\(id)")).count == 2)
    }

    @Test func `instances that number at the same time give each number once`() throws {
        let other = try harness.anotherInstance()
        defer { other.close() }
        for round in 0..<5 {
            for _ in 0..<20 { _ = try made() }
            let failures = try inParallel(4) { [harness] index -> [String] in
                let app = index.isMultiple(of: 2) ? harness.app : other
                return (0..<5).compactMap { _ in
                    do throws(DatabaseError) {
                        try app.sequencer.run(by: .after(milliseconds: 20_000))
                        return nil
                    } catch {
                        return error.description
                    }
                }
            }
            #expect(failures.flatMap(\.self) == [])
            #expect(try database.number("SELECT COUNT(*) FROM event_log") == Int64(20 * (round + 1)))
        }
        #expect(try database.number("SELECT MAX(seq) FROM event_log") == 100)
        #expect(try database.number("SELECT seq FROM event_sequence") == 100)
    }

    @Test func `a holder that was stopped holds the others up for seconds only`() throws {
        _ = try made()
        // A session as the sequencer's, in the middle of a batch, of which nothing more is heard.
        let silent = Database(harness.app.sequencerDatabase.configuration)
        defer { silent.close() }
        let began = Lock(0)
        var count = 0
        _ = try? silent.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            let isFirst = began.withLock { count in
                count += 1
                return count == 1
            }
            // Its end is a connection lost, after which a transaction runs again.
            guard isFirst else { return }
            _ = try EventNumbering().lockSequence(in: transaction)
            let deadline = Deadline.after(milliseconds: 15_000)
            while count == 0, !deadline.hasPassed { count = (try? number()) ?? 0 }
        }
        #expect(count == 1)
    }

    @Test func `a request that prefers to wait is answered when there is an event`() throws {
        let waiting = Lock<Reply?>(nil)
        let client = harness.client.with("Prefer", "respond-async, wait=20").with("X-Request-Timeout-Ms", "30000")
        let reader = Thread.start {
            let reply = client.get("/admin/events/find-all")
            waiting.withLock { $0 = reply }
        }
        _ = try made()
        #expect(eventually { (try? number()) == 1 })
        reader?.join()
        let reply = try #require(waiting.withLock { $0 })
        #expect(seqs(reply) == [1])
    }

    @Test func `a request waits no longer than it prefers, and not at all for one order`() {
        let client = harness.client.with("Prefer", "wait=1")
        #expect(seqs(client.get("/admin/events/find-all")) == [])
        #expect(seqs(harness.client.with("Prefer", "wait=x").get("/admin/events/find-all")) == [])
        let started = Deadline.nowUptimeNanoseconds()
        let patient = harness.client.with("Prefer", "wait=30").with("X-Request-Timeout-Ms", "60000")
        #expect(seqs(patient.get("/admin/events/find-all?order_id=1")) == [])
        #expect(Deadline.nowUptimeNanoseconds() - started < 20_000_000_000)
    }

    @Test func `a request hears of what another instance numbered`() throws {
        let other = try harness.anotherInstance()
        defer { other.close() }
        let watch = harness.app.eventWatch.makeWorker()
        #expect(watch.start())
        defer {
            watch.requestStop()
            _ = watch.waitForEnd(by: .after(milliseconds: 10_000))
        }
        let waiting = Lock<Reply?>(nil)
        let client = harness.client.with("Prefer", "wait=20").with("X-Request-Timeout-Ms", "30000")
        let reader = Thread.start {
            let reply = client.get("/admin/events/find-all")
            waiting.withLock { $0 = reply }
        }
        _ = try made()
        let numbered = Deadline.after(milliseconds: 0)
        #expect(try other.sequencer.run(by: .after(milliseconds: 20_000)) == 1)
        reader?.join()
        // What waits to its end looks once more, and would find the event by itself.
        #expect(!numbered.later(milliseconds: 10_000).hasPassed)
        let reply = try #require(waiting.withLock { $0 })
        #expect(seqs(reply) == [1])
    }

    @Test func `the outbox is read from what was seen a minute ago, and once a minute from the beginning`() {
        var bound = OutboxBound()
        let minute = UInt64(OutboxBound.lagMilliseconds) * 1_000_000
        let start: UInt64 = 1_000_000_000
        #expect(bound.value(now: start) == 0)
        bound.saw(500)
        #expect(bound.value(now: start + minute / 2) == 0)
        #expect(bound.value(now: start + minute) == 0)
        bound.saw(900)
        #expect(bound.value(now: start + minute + 1) == 0)
        #expect(bound.value(now: start + 2 * minute) == 0)
        #expect(bound.value(now: start + 2 * minute + 1) == 500)
        #expect(bound.value(now: start + 3 * minute) == 0)
        #expect(bound.value(now: start + 3 * minute + 1) == 900)
    }
}
