import Concurrency
import MySQL
import SystemTesting

/// R10: each instance of each service restarted in turn, two of each behind HAProxy, while orders and reads flow that nobody
/// repeats. None of them fails.
struct RollingRestart: Sendable {
    /// The figures' size; the tests of each change use less.
    var clientCount = 8
    /// The balancer asks twice a second and wants two answers: by then it sends nothing more.
    var drainDelayMilliseconds = 2500
    /// For the balancer to find an instance ready again.
    private static let returnMilliseconds = 2000
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        let pair = try PairedSystem(settings: ["DRAIN_DELAY_MS": String(drainDelayMilliseconds)])
        defer { pair.stop() }
        let system = pair.instances[0]
        let customer = try system.makeCustomer()
        let product = try system.makeProduct(stock: 1_000_000)
        let isOver = Lock(false)
        let requests = try RollingRequests(pair, customer: customer, product: product, seed: seed)
        let restarts = Lock<Result<Int, any Error>>(.success(0))
        let thread = Thread.start {
            defer { isOver.withLock { $0 = true } }
            restarts.withLock { $0 = Result { try restartAll(pair) } }
        }
        let tallies = try inParallel(clientCount) { number in
            var tally = RollingTally()
            var next = 0
            while !isOver.withLock({ $0 }) {
                requests.send(client: number, next, &tally)
                next += 1
            }
            return tally
        }
        thread?.join()
        let count = try restarts.withLock { $0 }.get()
        let tally = tallies.reduce(RollingTally(), +)
        let database = StormAudit.patient(system)
        defer { database.close() }
        let violations = try OrderAudit(database).violations(
            acknowledged: tally.acknowledged, called: tally.called)
        for line in tally.examples.prefix(5) + violations.prefix(5).map(\.description) { print("  \(line)") }
        print(
            """
            rolling: \(count) restarts, of 2 instances of \(PairedSystem.services.count) services behind HAProxy: \
            \(tally.orderCount) orders and \(tally.readCount) reads, each sent once: \(tally.failedCount) failed; \
            \(violations.count) audit violations; seed \(seed)
            """)
        return tally.failedCount == 0 && violations.isEmpty && tally.orderCount > 0 && count > 0
    }

    private func restartAll(_ pair: PairedSystem) throws -> Int {
        var count = 0
        Thread.sleep(milliseconds: RollingRestart.returnMilliseconds)
        for service in PairedSystem.services {
            for instance in pair.instances.indices {
                try pair.restart(service, of: instance)
                count += 1
                Thread.sleep(milliseconds: RollingRestart.returnMilliseconds)
            }
        }
        return count
    }
}
