import Components
import Concurrency
import Glibc
import Telemetry

// A process that is nothing but a group of components, for tests that send it signals. With the argument `hanging` one of
// them does not come back from its end.

/// A component that says when it runs.
struct Announced: Component {
    let name = "announced"
    let logger: Logger
    let isHanging: Bool

    func start(_ control: ComponentControl) throws(ComponentError) { logger.info("running") }

    func drain(by deadline: Deadline) {}

    func stop(by deadline: Deadline) -> Bool {
        if isHanging { Thread.sleep(milliseconds: 60_000) }
        return true
    }
}

let logger = Logger(service: "signaled-group")
let worker = Worker("idle", intervalMilliseconds: 3_600_000) { _ in }
let announced = Announced(logger: logger, isHanging: CommandLine.arguments.contains("hanging"))
let reloads = Lock(0)
let count = Reloadable("COUNT") {
    .changed(
        String(
            reloads.withLock { count in
                count += 1
                return count
            }))
}
let group = ComponentGroup(
    [WorkerComponent(worker), announced], reloadables: CommandLine.arguments.contains("fixed") ? [] : [count],
    logger: logger)
let isComplete = try group.run(drainMilliseconds: 10_000, endSecondsMax: 1)
exit(isComplete ? 0 : 1)
