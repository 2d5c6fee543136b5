private import Concurrency

/// Tells how far work is that may take long: on a terminal in one line that is rewritten, elsewhere in a log line now and then. Nobody
/// waits for whoever reads it.
package final class Progress: Sendable {
    /// When it is told for the first time, and how often then.
    package struct Pace: Sendable {
        let firstMilliseconds: Int
        let everyMilliseconds: Int

        package init(firstMilliseconds: Int, everyMilliseconds: Int) {
            self.firstMilliseconds = firstMilliseconds
            self.everyMilliseconds = everyMilliseconds
        }

        /// Work of a moment shows nothing; what takes longer moves before the eye.
        static let ofTerminal = Pace(firstMilliseconds: 300, everyMilliseconds: 250)
        /// A quarter of a minute: few enough lines for work of hours.
        static let ofLog = Pace(firstMilliseconds: 5000, everyMilliseconds: 15_000)
    }

    private struct State {
        var step: String
        var done = 0
        var isOver = false
    }

    private let total: Int?
    private let logger: Logger
    private let screen: ProgressScreen?
    private let start = Deadline.nowUptimeNanoseconds()
    private let state: Lock<State>

    /// Tells of `body` while it runs.
    ///
    /// - Parameters:
    ///   - step: what is done first.
    ///   - total: how much there is to do, where that is known.
    ///   - screen: the terminal; nil for log lines.
    ///   - pace: nil for the ordinary one.
    package static func of<Value, Failure: Error>(
        _ step: String, total: Int? = nil, on screen: ProgressScreen?, _ logger: Logger, pace: Pace? = nil,
        _ body: (Progress) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let progress = Progress(step, total, screen, logger)
        let teller = progress.teller(at: pace ?? (screen == nil ? .ofLog : .ofTerminal))
        // Without a thread for it, nothing is told, and the work is done all the same.
        let isTelling = teller.start()
        defer { if isTelling { progress.end(teller) } }
        return try body(progress)
    }

    private init(_ step: String, _ total: Int?, _ screen: ProgressScreen?, _ logger: Logger) {
        self.total = total
        self.screen = screen
        self.logger = logger
        state = Lock(State(step: step))
    }

    /// Says what is being done now.
    package func begin(_ step: String) { state.withLock { $0.step = step } }

    /// Says how much is done in all.
    package func advance(to done: Int) { state.withLock { $0.done = done } }

    private func teller(at pace: Pace) -> Worker {
        Worker("progress") { [self] _ in
            let elapsed = elapsedMilliseconds
            guard elapsed >= pace.firstMilliseconds else {
                return .after(milliseconds: pace.firstMilliseconds - elapsed)
            }
            tell()
            return .after(milliseconds: pace.everyMilliseconds)
        }
    }

    private var elapsedMilliseconds: Int { Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000) }

    private func tell() {
        let (step, done, isOver) = state.withLock { ($0.step, $0.done, $0.isOver) }
        guard !isOver else { return }
        let report = ProgressReport(step: step, done: done, total: total, elapsedMilliseconds: elapsedMilliseconds)
        if let screen {
            logger.makesWayForLines = true
            screen.show(report.text)
        } else {
            logger.info("in progress", report.fields)
        }
    }

    private func end(_ teller: Worker) {
        state.withLock { $0.isOver = true }
        teller.requestStop()
        _ = teller.waitForEnd(by: .after(milliseconds: LogSink.exitMilliseconds))
        guard let screen, logger.makesWayForLines else { return }
        screen.erase()
        logger.makesWayForLines = false
    }
}
