import Telemetry

/// Answers in the stead of handlers that do not end in time, so that the process outlives them.
///
/// Lambda would end the process at the deadline, and with it whatever else it does and all it has warmed up. This is one thread
/// that sleeps until the earliest moment that anything is due: an event that is handled in time costs it nothing.
final class DeadlineWatchdog: Sendable {
    private let settings: WorkerSettings
    private let startWorker: @Sendable (InvocationTable.Assignment) -> Bool

    /// - Parameter startWorker: gives a assignment a new thread; false when there is none to be had.
    init(_ settings: WorkerSettings, startWorker: @escaping @Sendable (InvocationTable.Assignment) -> Bool) {
        self.settings = settings
        self.startWorker = startWorker
    }

    /// Watches until the runtime fails.
    func run() {
        let client = RuntimeClient(settings.address, timeoutMilliseconds: DeadlineWatchdog.postTimeoutMilliseconds)
        while let due = settings.table.waitForDue() {
            for due in due {
                switch due {
                case .cancel(let assignment, let running): cancel(assignment, running, client)
                case .replace(let assignment, let running): replace(assignment, running)
                }
            }
        }
    }

    private func cancel(_ assignment: InvocationTable.Assignment, _ running: InvocationTable.Running, _ client: RuntimeClient) {
        let context = running.context
        let failure = LambdaFailure.deadlineExceeded(reserveMilliseconds: settings.reserveMilliseconds)
        settings.logger.error(
            "The handler did not end in time.", ["requestId": context.requestID, "errorType": failure.type])
        settings.flushLog()
        // The stream first, so that a handler which sees that it is canceled cannot write any more.
        let isUnanswered = running.stream?.abort(failure) ?? true
        context.cancel()
        if isUnanswered {
            do throws(RuntimeClient.Failure) {
                try client.report(failure, to: context)
            } catch {
                settings.logger.error(
                    "An error could not be delivered.", ["requestId": context.requestID, "reason": error.reason])
            }
            // Seconds or hours may pass until the next use.
            client.exchange.close()
        }
        settings.table.didReport(assignment, running, comesBackWithin: settings.reserveMilliseconds / 2)
    }

    private func replace(_ assignment: InvocationTable.Assignment, _ running: InvocationTable.Running) {
        running.stream?.interrupt()
        settings.logger.warning(
            "A handler goes on after its cancellation; another thread takes the next event.",
            ["requestId": running.context.requestID])
        if !startWorker(assignment) { settings.table.fail(.threadUnavailable) }
    }

    /// 1 s: every other invocation whose time is up waits meanwhile.
    private static let postTimeoutMilliseconds = 1000
}
