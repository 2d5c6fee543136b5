import Concurrency
import SeededRandom
import SystemTesting

/// Threads that do something to a system again and again, until they are told that it is over.
final class Disturbances: Sendable {
    private struct State {
        var isOver = false
        var threads: [Thread] = []
        var failures: [String] = []
    }

    private let state = Lock(State())

    /// Why something did not come back; then the run proves nothing.
    var failures: [String] { state.withLock(\.failures) }

    /// Does something after each pause.
    ///
    /// - Parameters:
    ///   - pause: milliseconds.
    ///   - firstPause: another one before the first time.
    ///   - random: the caller's own stream of numbers.
    func every(
        _ pause: ClosedRange<Int>, first firstPause: ClosedRange<Int>? = nil, _ random: SeededRandom,
        _ body: @escaping @Sendable (inout SeededRandom) throws -> Void
    ) {
        start { [self] in
            var random = random
            var next = firstPause ?? pause
            while self.pause(next, &random) {
                next = pause
                attempt { try body(&random) }
            }
        }
    }

    /// Runs `body` on a thread of its own, whose end `end` waits for.
    func start(_ body: @escaping @Sendable () -> Void) {
        guard let thread = Thread.start(body) else { return note("The system has no thread left.") }
        state.withLock { $0.threads.append(thread) }
    }

    /// Keeps what `body` fails with.
    func attempt(_ body: () throws -> Void) { do { try body() } catch { note("\(error)") } }

    /// - Returns: whether to go on.
    func pause(_ milliseconds: ClosedRange<Int>, _ random: inout SeededRandom) -> Bool {
        let pause = UInt64(Int.random(in: milliseconds, using: &random)) * 1_000_000
        return state.wait(untilUptimeNanoseconds: uptimeNanoseconds() + pause) { $0.isOver ? true : nil } == nil
    }

    /// Ends the pauses, and waits for what is being done.
    func end() {
        state.withLock { $0.isOver = true }
        state.broadcast()
        while let thread = state.withLock({ $0.threads.popLast() }) { thread.join() }
    }

    private func note(_ failure: String) { state.withLock { $0.failures.append(failure) } }
}
