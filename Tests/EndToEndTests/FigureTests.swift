@testable import Chaos
import SeededRandom
import Testing

extension EndToEndTests {
    /// The figures that `scripts/chaos` prints, in a size for every change.
    struct FigureTests {
        @Test func `each key has one effect and one answer, however many copies of a request come at once`() throws {
            var random = SeededRandom("duplicates")
            #expect(try Duplicates(keyCount: 3, copyCount: 25, seed: random.next()).run())
        }

        @Test func `the last pieces of hot products are sold exactly, without a deadlock`() throws {
            var random = SeededRandom("hot products")
            #expect(
                try HotProducts(clientCount: 24, productCount: 4, stock: 40, mixedCount: 12, seed: random.next()).run())
        }

        @Test func `instances with wrong clocks know every key and expire no fresh order`() throws {
            #expect(try WrongClocks(clocks: ["-5y", "+20m", "+100h"], keyCount: 1).run())
        }

        @Test func `replies come by their deadlines though the database says nothing, and keys have one order`() throws
        {
            var random = SeededRandom("silence")
            #expect(
                try SilentDatabase(roundCount: 1, clientCount: 10, allowedMilliseconds: 700, seed: random.next()).run())
        }

        @Test func `walks by cursor skip and repeat nothing while rows come, change and go`() throws {
            var random = SeededRandom("cursor walks")
            #expect(
                try CursorWalk(walksPerFilter: 1, rowCount: 240, alterationStride: 23, seed: random.next()).run())
        }

        @Test func `a Customers API that fails is asked by one layer, replies are in time, and reads go on`() throws {
            var random = SeededRandom("outage")
            // Ten times the figure's lateness: tests run beside others.
            #expect(
                try DependencyOutage(
                    requestCount: 48, readSeconds: 2, latenessMillisecondsMax: 500, readsKeptMin: 0.25,
                    seed: random.next()
                ).run())
        }
    }
}
