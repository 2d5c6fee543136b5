import Telemetry

/// Answers in the stead of handlers that do not end in time, so that the process outlives them.
///
/// Lambda would end the process at the deadline, and with it whatever else it does and all it has warmed up. This is one thread
/// that sleeps until the earliest moment that anything is due: an event that is handled in time costs it nothing.
final class DeadlineWatchdog: Sendable {
    private let settings: WorkerSettings
    private let startWorker: @Sendable (InvocationTable.Seat) -> Bool

    /// - Parameter startWorker: gives a seat a new thread; false when there is none to be had.
    init(_ settings: WorkerSettings, startWorker: @escaping @Sendable (InvocationTable.Seat) -> Bool) {
        self.settings = settings
        self.startWorker = startWorker
    }

    /// Watches until the runtime fails.
    func run() {
        let client = RuntimeClient(settings.address, timeoutMilliseconds: DeadlineWatchdog.postTimeoutMilliseconds)
        while let due = settings.table.waitForDue() {
            for due in due {
                switch due {
                case .cancel(let seat, let running): cancel(seat, running, client)
                case .replace(let seat, let running): replace(seat, running)
                }
            }
        }
    }

    private func cancel(_ seat: InvocationTable.Seat, _ running: InvocationTable.Running, _ client: RuntimeClient) {
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
        settings.table.didReport(seat, running, comesBackWithin: settings.reserveMilliseconds / 2)
    }

    private func replace(_ seat: InvocationTable.Seat, _ running: InvocationTable.Running) {
        running.stream?.interrupt()
        settings.logger.warning(
            "A handler goes on after its cancellation; another thread takes the next event.",
            ["requestId": running.context.requestID])
        if !startWorker(seat) { settings.table.fail(.threadUnavailable) }
    }

    /// 1 s: every other invocation whose time is up waits meanwhile.
    private static let postTimeoutMilliseconds = 1000
}
