import Concurrency

/// Whether the workers that run now are to stop, for what outlives them: connections are kept from one run to the next.
final class CurrentStop: Sendable {
    /// 2 s: what is being sent mostly has its answer by then, and is not sent twice.
    static let graceMilliseconds = 2000

    private struct State {
        var stop = StopToken.never
        var graceEnd: Deadline?
    }

    private let state = Lock(State())

    /// Takes the token of a worker that begins.
    func follow(_ stop: StopToken) { state.withLock { $0 = State(stop: stop) } }

    /// Asks for a stop as soon as the worker's token does.
    var token: StopToken { StopToken { [self] in state.withLock(\.stop).isStopRequested } }

    /// As `token`, `graceMilliseconds` after it was first asked.
    var tokenAfterGrace: StopToken {
        StopToken { [self] in
            let stop = state.withLock(\.stop)
            guard stop.isStopRequested else { return false }
            return state.withLock { state in
                let end = state.graceEnd ?? .after(milliseconds: CurrentStop.graceMilliseconds)
                state.graceEnd = end
                return end.hasPassed
            }
        }
    }
}
