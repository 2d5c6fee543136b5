import Concurrency
import DatabaseTesting
import Foundation
import SystemTesting

/// Processes that work on asynchronous orders beside the service that takes them.
final class SagaWorkers: Sendable {
    private let environment: [String: String]
    private let processes: Lock<[ServiceProcess]>

    /// - Parameter settings: what they are told besides the database.
    init(_ count: Int, for system: RunningSystem, _ settings: [String: String]) throws {
        environment = RunningSystem.environment(system.schema.configuration).merging(settings) { $1 }
            .merging(["PORT": "0"]) { $1 }
        processes = Lock([])
        for _ in 0..<count {
            let started = try start()
            processes.withLock { $0.append(started) }
        }
    }

    var count: Int { processes.withLock(\.count) }

    /// Lets one do nothing for a while.
    func suspend(_ index: Int, milliseconds: Int) {
        let process = processes.withLock { $0[index] }
        process.signal(SIGSTOP)
        Concurrency.Thread.sleep(milliseconds: milliseconds)
        process.signal(SIGCONT)
    }

    /// - Throws: also where it has ended before, by itself.
    func killAndRestart(_ index: Int) throws {
        let process = processes.withLock { $0[index] }
        let end = process.endByItself
        process.signal(SIGKILL)
        _ = try process.waitForExit()
        try restart(index)
        if let end { throw end }
    }

    /// Starts those anew that have ended.
    ///
    /// - Returns: how many those were.
    func restartDead() throws -> Int {
        let dead = (0..<count).filter { index in !processes.withLock { $0[index].isRunning } }
        for index in dead { try restart(index) }
        return dead.count
    }

    func stop() { for process in processes.withLock({ $0 }) { process.end() } }

    private func restart(_ index: Int) throws {
        let started = try start()
        processes.withLock { $0[index] = started }
    }

    private func start() throws -> ServiceProcess {
        let process = try ServiceProcess("OrdersAPI", arguments: ["work"], environment: environment)
        _ = try process.waitForPort()
        return process
    }
}
