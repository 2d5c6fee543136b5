import HTTPTypes
import SeededRandom
import SystemTesting
import Threading

/// Changes prices all the time, so that orders find another price than the one they were reckoned by.
final class Merchant: Sendable {
    private static let pauseMilliseconds = 5...50
    private static let priceCents = 100...5000
    /// A price that nobody takes is not worth waiting for.
    private static let timeoutMilliseconds = 1000

    private let system: RunningSystem
    private let products: [Int64]
    private let state = Lock((changes: 0, isOver: false))
    private let thread = Lock<Thread?>(nil)

    init(_ system: RunningSystem, _ assortment: Assortment) {
        self.system = system
        products = assortment.ample + assortment.hot
    }

    /// Prices changed so far.
    var changes: Int { state.withLock(\.changes) }

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
                if reply?.status == 200 { state.withLock { $0.changes += 1 } }
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
