import Concurrency
import HTTPMessages
import Resilience
import SeededRandom
import SystemTesting

/// Changes prices all the time, so that orders find another price than the one they were reckoned by, and adjusts stocks, so
/// that a ledger and its stock are killed between.
final class Merchant: Sendable {
    private static let pauseMilliseconds = 5...50
    private static let priceCents = 100...5000
    private static let delta = -3...4
    /// A price that nobody takes is not worth waiting for.
    private static let timeoutMilliseconds = 1000

    private let system: RunningSystem
    private let products: [Int64]
    /// Those whose stock is adjusted: they never sell out, so no order is refused for it.
    private let ample: [Int64]
    /// Changes that were answered.
    struct Tally {
        var prices = 0
        var adjustments = 0
    }

    private let state = Lock((tally: Tally(), isOver: false))
    private let thread = Lock<Thread?>(nil)

    init(_ system: RunningSystem, _ assortment: Assortment) {
        self.system = system
        products = assortment.ample + assortment.hot
        ample = assortment.ample
    }

    /// What was changed so far.
    var tally: Tally { state.withLock(\.tally) }

    func begin(_ random: SeededRandom) {
        let started = Thread.start { [self] in
            var random = random
            while !state.withLock(\.isOver) {
                let product = products.randomElement(using: &random) ?? 0
                let price = Int.random(in: Merchant.priceCents, using: &random)
                // What fails, because the service is just being killed, is not repeated: the next price comes at once.
                let reply = try? system.orders.send(
                    .patch, "/admin/products/update/\(product)", #"{"price_cents":\#(price)}"#,
                    timeoutMilliseconds: Merchant.timeoutMilliseconds)
                if reply?.status == 200 { state.withLock { $0.tally.prices += 1 } }
                let adjusted = try? system.adjustStock(
                    of: ample.randomElement(using: &random) ?? 0, by: .random(in: Merchant.delta, using: &random),
                    key: "merchant-\(random.next())", timeoutMilliseconds: Merchant.timeoutMilliseconds)
                if adjusted?.status == 200 { state.withLock { $0.tally.adjustments += 1 } }
                Thread.sleep(milliseconds: Int.random(in: Merchant.pauseMilliseconds, using: &random))
            }
        }
        thread.withLock { $0 = started }
    }

    func end() {
        state.withLock { $0.isOver = true }
        thread.withLock { $0 }?.join()
    }
}
