import Concurrency
private import Glibc
import Telemetry

/// Starts the threads of a runtime, and waits for its end.
struct RuntimeSupervisor: Sendable {
    private let configuration: LambdaRuntimeConfiguration
    private let settings: WorkerSettings

    init(_ work: WorkerSettings.Work, _ address: RuntimeAPIAddress, _ configuration: LambdaRuntimeConfiguration) {
        self.configuration = configuration
        settings = WorkerSettings(
            work: work, address: address, logger: configuration.logger, retry: configuration.retry,
            reserveMilliseconds: max(configuration.deadlineReserveMilliseconds, 0),
            table: InvocationTable(
                slotCount: configuration.concurrency, abandonedMax: RuntimeSupervisor.abandonedMax),
            traceVariable: configuration.concurrency == 1 ? TraceVariable() : nil)
    }

    /// - Returns: why the runtime cannot go on. It does not return from a drain: the process exits.
    func run() -> LambdaRuntimeError {
        // Whoever read the log may be gone; a line that cannot be written must not end the process.
        signal(SIGPIPE, SIG_IGN)
        if configuration.drainsOnTermination {
            TerminationSignal.block()
            TerminationExtension(address: settings.address, logger: settings.logger).start()
        }
        for slot in 0..<configuration.concurrency where !start(InvocationTable.Assignment(slot: slot, worker: 0)) {
            return .threadUnavailable
        }
        let watchdog = DeadlineWatchdog(settings) { assignment in start(assignment) }
        guard startThread({ watchdog.run() }) else { return .threadUnavailable }
        if configuration.drainsOnTermination {
            let isStarted = startThread {
                let signal = TerminationSignal.wait()
                settings.logger.info("draining", ["signal": signal])
                settings.table.startDraining()
            }
            guard isStarted else { return .threadUnavailable }
        }
        if let failure = settings.table.waitForEnd() { return failure }
        drain()
    }

    private func start(_ assignment: InvocationTable.Assignment) -> Bool {
        startThread { [settings] in InvocationWorker(settings, assignment).run() }
    }

    private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let thread = Thread.start(stackBytes: RuntimeSupervisor.stackBytes, body) else { return false }
        thread.detach()
        return true
    }

    private func drain() -> Never {
        let graceMilliseconds = max(configuration.terminationGraceMilliseconds, 0)
        let end = Deadline.after(milliseconds: graceMilliseconds)
        let runningCount = settings.table.waitUntilIdle(
            by: configuration.onTermination == nil
                ? end : end.earlier(milliseconds: graceMilliseconds / 3))
        var hasTerminated = true
        if let onTermination = configuration.onTermination {
            let isDone = Lock(false)
            let isStarted = startThread {
                onTermination()
                isDone.withLock { $0 = true }
                isDone.broadcast()
            }
            // A third of the grace, even where a busy machine has let the rest of it pass.
            let limit = max(end, .after(milliseconds: graceMilliseconds / 3))
            hasTerminated =
                isStarted && isDone.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0 ? true : nil } == true
        }
        settings.logger.info("stopped", ["handlersLeftBehind": runningCount])
        let isLogRead = settings.flushLog()
        // What runs at the exit may free what somebody who is left behind still uses, and waits for a reader of what was
        // printed.
        if runningCount > 0 || !hasTerminated || !isLogRead { _exit(0) }
        exit(0)
    }

    /// 8: with a handler that hangs on one event in thousands a process lasts for long; one that hangs on each is not worth
    /// keeping.
    private static let abandonedMax = 8
    /// 1 MiB for a handler: twice what a service's worker has, since libraries of the user's may recurse.
    private static let stackBytes = 1024 * 1024
}
