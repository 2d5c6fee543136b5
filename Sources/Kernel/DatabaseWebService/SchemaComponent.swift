internal import Components
internal import Concurrency
private import Resilience

/// The schema's start as a component: tried in the background until it is settled; a refusal then ends the group.
final class SchemaComponent: Component {
    /// 10 s: many times what a schema takes that is up to date.
    private static let firstAttemptMilliseconds = 10_000
    /// Pauses of 0.5 s doubling to 15 s: quick after a database that restarts, quiet during a long outage.
    private static let backoff = RetryPolicy(attemptsMax: .max, baseMilliseconds: 500, capMilliseconds: 15_000)
    private static let pauseMillisecondsMin = 100

    private struct State {
        var attemptCount = 0
        var control: ComponentControl?
    }

    let name = "schema"
    private let startup: SchemaStartup
    private let command: String
    private let state: Lock<State>
    private let attempts: WorkerComponent

    /// - Parameters:
    ///   - command: the service's, for the message of a refusal.
    ///   - whenCurrent: called once the schema is what the program needs.
    init(_ startup: SchemaStartup, command: String, whenCurrent: @escaping @Sendable () -> Void = {}) {
        let state = Lock(State())
        self.startup = startup
        self.command = command
        self.state = state
        attempts = WorkerComponent(
            Worker(name) { _ in
                let isSettled = startup.runOnce()
                let (count, control) = state.withLock { state in
                    state.attemptCount += 1
                    return (state.attemptCount, state.control)
                }
                state.broadcast()
                guard isSettled else { return .after(milliseconds: SchemaComponent.pause(afterAttempt: count)) }
                if startup.refusal == nil { whenCurrent() } else { control?.requestStop(.failure("schema refused")) }
                return .never
            })
    }

    /// Waits for the first attempt, so that the port opens when the schema is there, as a rule. Not for long: a service that is
    /// live but not ready tells more than one that does not answer.
    func start(_ control: ComponentControl) throws(ComponentError) {
        state.withLock { $0.control = control }
        try attempts.start(control)
        let limit = Deadline.after(milliseconds: SchemaComponent.firstAttemptMilliseconds)
        var isFirstAttemptOver = false
        while !isFirstAttemptOver, !limit.hasPassed, !control.isStopRequested {
            let end = limit.capped(milliseconds: 50).uptimeNanoseconds
            isFirstAttemptOver = state.wait(untilUptimeNanoseconds: end) { $0.attemptCount > 0 ? true : nil } ?? false
        }
        if let refusal = startup.refusal { throw .failed(refusal.message(command: command)) }
    }

    func drain(by deadline: Deadline) { attempts.drain(by: deadline) }

    func stop(by deadline: Deadline) -> Bool { attempts.stop(by: deadline) }

    private static func pause(afterAttempt count: Int) -> Int {
        let milliseconds = backoff.pauseMilliseconds(afterAttempt: count, by: .after(milliseconds: 3_600_000)) ?? 0
        return max(milliseconds, pauseMillisecondsMin)
    }
}
