private import Concurrency
package import Telemetry

/// The components of a process: started in order, and drained and stopped all at once by one deadline.
package struct ComponentGroup: Sendable {
    /// 2 s: what a component may take beyond the deadline to come back with its answer; the last replies of a server take up to 1 s.
    private static let returnMilliseconds = 2000
    /// 1 s for what had been started before a component that could not be: it has hardly begun.
    private static let failedStartMilliseconds = 1000

    private let components: [any Component]
    private let reloadables: [Reloadable]
    private let logger: Logger

    /// - Parameter reloadables: what SIGHUP reads again.
    package init(_ components: [any Component], reloadables: [Reloadable] = [], logger: Logger) {
        self.components = components
        self.reloadables = reloadables
        self.logger = logger
    }

    /// Runs until SIGTERM, SIGINT or a component asks for the end, and reloads at each SIGHUP. To be called once in a process,
    /// before any thread is started that takes signals.
    ///
    /// - Parameters:
    ///   - drainMilliseconds: from the request to the one deadline.
    ///   - endSecondsMax: from the request to the end of the process, which the kernel sees to whatever happens.
    /// - Returns: whether everything has ended; else threads are left that only `_exit` may end.
    /// - Throws: why a component could not be started; those before it have been stopped then.
    package func run(drainMilliseconds: Int, endSecondsMax: Int) throws(ComponentError) -> Bool {
        // Before any thread is started: each inherits it.
        ProcessSignal.block(ProcessSignal.allCases)
        let control = ComponentControl()
        let listener = Thread.start {
            while true {
                switch ProcessSignal.wait(for: ProcessSignal.allCases) {
                case .hangUp: control.requestReload()
                case let signal:
                    guard control.requestStop(.signal(signal.name)) else { continue }
                    // Here, since nobody knows what the others are waiting for.
                    ProcessTimeLimit.endProcess(afterSeconds: endSecondsMax)
                }
            }
        }
        guard let listener else { throw .threadUnavailable }
        listener.detach()
        return try run(control, drainMilliseconds: drainMilliseconds) { cause in
            if case .failure = cause { ProcessTimeLimit.endProcess(afterSeconds: endSecondsMax) }
        }
    }

    /// Runs until `control` is asked for the end.
    func run(
        _ control: ComponentControl, drainMilliseconds: Int,
        whenStopping: (ComponentControl.StopCause) -> Void = { _ in }
    ) throws(ComponentError) -> Bool {
        let started = try start(control)
        let cause = waitForStop(control)
        let deadline = Deadline.after(milliseconds: drainMilliseconds)
        whenStopping(cause)
        switch cause {
        case .signal(let name): logger.info("stopping", ["signal": name])
        case .failure(let reason): logger.info("stopping", ["cause": reason])
        }
        let left = stop(started, by: deadline)
        if !left.isEmpty {
            logger.warning("Not everything has ended in time; it ends with the process.", ["left": left])
        }
        logger.info("stopped")
        return left.isEmpty
    }

    /// - Returns: those that were started: not all, where the end was asked for meanwhile.
    private func start(_ control: ComponentControl) throws(ComponentError) -> ArraySlice<any Component> {
        for (index, component) in components.enumerated() {
            guard !control.isStopRequested else { return components[..<index] }
            do throws(ComponentError) { try component.start(control) } catch {
                _ = stop(components[...index], by: .after(milliseconds: ComponentGroup.failedStartMilliseconds))
                throw error
            }
        }
        return components[...]
    }

    private func waitForStop(_ control: ComponentControl) -> ComponentControl.StopCause {
        while true {
            switch control.nextEvent() {
            case .reload: reload()
            case .stop(let cause): return cause
            }
        }
    }

    private func reload() {
        logger.info("reloading")
        var isAnyReported = false
        for reloadable in reloadables {
            switch reloadable.reload() {
            case .unchanged: continue
            case .changed(let value): logger.info("reloaded", ["setting": reloadable.name, "value": value])
            case .refused(let cause): logger.warning("not reloaded", ["setting": reloadable.name, "cause": cause])
            }
            isAnyReported = true
        }
        if !isAnyReported { logger.info("nothing to reload") }
    }

    /// Ends them beside one another, so that none waits for another's end, and none that hangs keeps the others from it.
    ///
    /// - Returns: the names of those that have not ended in time.
    private func stop(_ components: ArraySlice<any Component>, by deadline: Deadline) -> [String] {
        let ends = Lock<[Int: Bool]>([:])
        let stops = components.enumerated().map { index, component in
            { @Sendable () -> Void in
                component.drain(by: deadline)
                let hasEnded = component.stop(by: deadline)
                ends.withLock { $0[index] = hasEnded }
                ends.broadcast()
            }
        }
        let withoutThread = stops.filter { stop in
            let thread = Thread.start(stop)
            thread?.detach()
            return thread == nil
        }
        for stop in withoutThread { stop() }
        let limit = Deadline.after(milliseconds: deadline.remainingMilliseconds + ComponentGroup.returnMilliseconds)
        _ = ends.wait(untilUptimeNanoseconds: limit.uptimeNanoseconds) { $0.count == components.count ? true : nil }
        let ended = ends.withLock { $0 }
        return components.enumerated().filter { ended[$0.offset] != true }.map(\.element.name)
    }
}
