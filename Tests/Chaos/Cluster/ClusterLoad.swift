import Concurrency
import SeededRandom
import SystemTesting

/// Orders with keys from several clients, each key asked for until it is answered, and how long the longest wait was until the
/// next one was.
final class ClusterLoad: Sendable {
    /// What one outage came to.
    struct Outage: CustomStringConvertible {
        let orders: Int
        let gapSeconds: Double

        var description: String {
            "\(orders) orders, and at most \(ClusterLoad.text(gapSeconds)) s until the next one"
        }
    }

    /// 60 s: orders go on for so long that every wait is one for the services.
    private static let secondsMax: UInt64 = 60

    let answers: Answers
    private let system: RunningSystem
    private let assortment: Assortment
    private let orderCount: Int
    private let clientCount: Int
    private let seed: UInt64
    private let taken = Lock(0)

    init(_ system: RunningSystem, _ assortment: Assortment, orderCount: Int, clientCount: Int, seed: UInt64) {
        self.system = system
        self.assortment = assortment
        self.orderCount = orderCount
        self.clientCount = clientCount
        self.seed = seed
        answers = Answers(count: orderCount)
    }

    /// Keys that were asked for.
    var asked: Int { taken.withLock { $0 } }

    /// Asks for orders while `outage` goes on, and until there are `limit`; begins it when some have been answered.
    func run(until limit: Int, _ outage: @escaping @Sendable () throws -> Void) throws -> Outage {
        let first = asked
        let times = Lock<[UInt64]>([])
        let isOver = Lock(false)
        let failure = Lock<(any Error)?>(nil)
        let end = uptimeNanoseconds() + ClusterLoad.secondsMax * 1_000_000_000
        let thread = Thread.start {
            _ = times.wait(untilUptimeNanoseconds: end) { $0.count >= 50 ? true : nil }
            do { try outage() } catch { failure.withLock { $0 = error } }
            isOver.withLock { $0 = true }
        }
        try work { [taken] in
            // The last orders wait until the outage is over, so that there is one to measure it by.
            let isNear = taken.withLock { $0 } >= limit - 50
            if isNear, !isOver.withLock({ $0 }) { Thread.sleep(milliseconds: 200) }
            guard uptimeNanoseconds() < end else { return nil }
            return taken.withLock { taken in
                guard taken < limit else { return nil }
                taken += 1
                return taken - 1
            }
        } answered: {
            times.withLock { $0.append(uptimeNanoseconds()) }
            times.broadcast()
        }
        thread?.join()
        if let failure = failure.withLock({ $0 }) { throw failure }
        let sorted = times.withLock { $0.sorted() }
        let gap = zip(sorted, sorted.dropFirst()).map { $1 - $0 }.max() ?? .max
        return Outage(orders: asked - first, gapSeconds: Double(gap) / 1e9)
    }

    /// Asks for every key once more: each answer must be the first one.
    func repeatAll() throws {
        let next = Lock(0)
        let asked = asked
        try work {
            next.withLock { next in
                guard next < asked else { return nil }
                next += 1
                return next - 1
            }
        } answered: {
        }
    }

    private func work(
        _ next: @escaping @Sendable () -> Int?, answered: @escaping @Sendable () -> Void
    ) throws {
        let end = uptimeNanoseconds() + ClusterLoad.secondsMax * 1_000_000_000
        let random = SeededRandom(seed: seed)
        _ = try inParallel(clientCount) { [self] number in
            var client = OrderingClient(
                service: system.orchestrator, answers: answers, random: random.stream(.client(number))
            ) { uptimeNanoseconds() >= end }
            while let number = next() {
                if client.settle(OrderPlan(number, of: assortment, seed: seed)) { answered() }
            }
        }
    }

    static func text(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
