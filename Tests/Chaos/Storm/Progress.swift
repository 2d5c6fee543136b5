import Concurrency
import Foundation
import SystemTesting

/// The keys' numbers, handed out one by one until there are no more or the time is up.
final class Progress: Sendable {
    private static let shownSeconds: UInt64 = 10

    private let orders: Int
    private let end: UInt64
    private let more: @Sendable () -> String
    private let state: Lock<(taken: Int, shown: UInt64)>

    /// - Parameter more: is shown with how far it is.
    init(orders: Int, until end: UInt64, more: @escaping @Sendable () -> String = { "" }) {
        self.orders = orders
        self.end = end
        self.more = more
        state = Lock((0, uptimeNanoseconds()))
    }

    var isOver: Bool { uptimeNanoseconds() >= end }
    var taken: Int { state.withLock(\.taken) }

    func next() -> Int? {
        guard !isOver else { return nil }
        return state.withLock { state in
            guard state.taken < orders else { return nil }
            if uptimeNanoseconds() - state.shown > Progress.shownSeconds * 1_000_000_000 {
                state.shown = uptimeNanoseconds()
                say("  \(state.taken) of \(orders) orders asked for\(more())")
            }
            state.taken += 1
            return state.taken - 1
        }
    }
}

/// Prints at once, whatever reads it.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
