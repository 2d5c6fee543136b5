internal import Concurrency
internal import Resilience

/// When a connection may be tried again. Pauses grow from failure to failure, over the calls that ask for one.
///
/// A connection that is lost at once counts as a failure, too: a broker that lets clients in and closes is not asked without a pause.
struct Reconnection {
    private let policy: RetryPolicy
    private var failureCount = 0
    private var lastFailure: AMQPFailure?
    private var notBefore = Deadline.after(milliseconds: 0)
    private var connectedAt = Deadline.after(milliseconds: 0)

    init(_ policy: RetryPolicy) { self.policy = policy }

    /// Tries until it works, `deadline` comes, or the broker says no: whom it refuses, it refuses again a moment later.
    ///
    /// - Parameters:
    ///   - isStopping: asked before each attempt.
    ///   - pause: sleeps until a moment, or less where there is a stop.
    mutating func run<Connection>(
        by deadline: Deadline, isStopping: () -> Bool, pause: (Deadline) -> Void, observe: (AMQPEvent) -> Void,
        _ connect: () throws(AMQPFailure) -> Connection
    ) -> Result<Connection, AMQPFailure> {
        while true {
            if !notBefore.hasPassed { pause(min(notBefore, deadline)) }
            if isStopping() { return .failure(.stopped) }
            if deadline.hasPassed { return .failure(lastFailure ?? .timedOut) }
            do throws(AMQPFailure) {
                let connection = try connect()
                didConnect()
                return .success(connection)
            } catch {
                observe(.connectFailed(error, pauseMilliseconds: didEnd(error, wasConnected: false)))
                switch error {
                case .refused, .untrusted: return .failure(error)
                case .unreachable, .lost, .timedOut, .blocked, .notTaken, .stopped: break
                }
            }
        }
    }

    /// Takes note that a connection stands.
    mutating func didConnect() { connectedAt = .after(milliseconds: 0) }

    /// Takes note that a connection ended, or could not be made. One that held for as long as the longest pause begins the count
    /// anew.
    ///
    /// - Returns: how long to wait.
    @discardableResult
    mutating func didEnd(_ failure: AMQPFailure, wasConnected: Bool) -> Int {
        if wasConnected, connectedAt.later(milliseconds: policy.capMilliseconds).hasPassed { failureCount = 0 }
        failureCount += 1
        lastFailure = failure
        let pause = policy.pauseMilliseconds(afterAttempt: failureCount, by: Deadline(uptimeNanoseconds: .max)) ?? 0
        notBefore = .after(milliseconds: pause)
        return pause
    }
}
