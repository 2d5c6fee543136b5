import Concurrency
import DatabaseTesting
import Foundation
import FreePorts
import HTTPMessages
import RabbitTesting
import SeededRandom
import SystemTesting

/// Kills what it supervises, and starts it again as an init system would.
final class Supervisor: Sendable {
    struct Tally: Sendable {
        var kills: [RunningSystem.Service: Int] = [:]
        var databaseKills = 0
        var suspensions = 0
        var brokerKills = 0
        /// Why something did not come back; then the run proves nothing.
        var failures: [String] = []
    }

    private struct State {
        var tally = Tally()
        var isOver = false
        var threads: [Concurrency.Thread] = []
    }

    private static let killPause = 1500...2500
    private static let databaseKillPause = 18_000...22_000
    /// Early enough for a short run to meet one.
    private static let firstDatabaseKillPause = 2000...3000
    /// It takes seconds to start, and is to be there for most of the time.
    private static let brokerKillPause = 12_000...16_000
    private static let firstBrokerKillPause = 3000...5000
    /// Which of the orchestrator's ends, counted from its last suspension, is a suspension instead: about every 24 s.
    private static let suspensionPeriod = 12
    private static let firstSuspension = 1
    /// Around the 10 s that a request lasts at most: it wakes up with requests that have run out of time, and with others.
    private static let suspensionMilliseconds = 6000...12_000
    private static let startAttemptsMax = 5

    private let system: RunningSystem
    private let database: DedicatedTestServer
    private let broker: RabbitServer?
    private let wiring: Wiring
    private let seed: SeededRandom
    private let state = Lock(State())

    init(
        _ system: RunningSystem, on database: DedicatedTestServer, beside broker: RabbitServer?, _ wiring: Wiring,
        seed: SeededRandom
    ) {
        self.system = system
        self.database = database
        self.broker = broker
        self.wiring = wiring
        self.seed = seed
    }

    var tally: Tally { state.withLock(\.tally) }

    func begin() {
        for (number, service) in system.services.enumerated() {
            start { [self] in
                var random = seed.stream(.supervisor(number))
                var round = 0
                while pause(Supervisor.killPause, &random) {
                    round += 1
                    let isSuspension =
                        service == .orchestrator
                        && round % Supervisor.suspensionPeriod == Supervisor.firstSuspension
                    attempt { isSuspension ? try suspendOrchestrator(&random) : try killAndRestart(service) }
                }
            }
        }
        start { [self] in
            var random = seed.stream(.supervisor(system.services.count))
            var range = Supervisor.firstDatabaseKillPause
            while pause(range, &random) {
                range = Supervisor.databaseKillPause
                database.kill9()
                state.withLock { $0.tally.databaseKills += 1 }
                _ = pause(50...1000, &random)
                attempt { try database.start() }
            }
        }
        guard let broker else { return }
        start { [self] in
            var random = seed.stream(.supervisor(system.services.count + 1))
            var range = Supervisor.firstBrokerKillPause
            while pause(range, &random) {
                range = Supervisor.brokerKillPause
                broker.kill9()
                state.withLock { $0.tally.brokerKills += 1 }
                _ = pause(50...1000, &random)
                attempt { try broker.start() }
            }
        }
    }

    /// Stops killing, and waits until everything runs, and whatever was suspended has woken up and ended.
    func end() throws {
        state.withLock { $0.isOver = true }
        state.broadcast()
        while let thread = state.withLock({ $0.threads.popLast() }) { thread.join() }
        for service in system.services {
            try waitUntil { try system.client(service).send(.get, "/health/ready").status == 200 }
        }
    }

    private func killAndRestart(_ service: RunningSystem.Service) throws {
        let process = system.process(service)
        process.signal(SIGKILL)
        _ = try process.waitForExit()
        state.withLock { $0.tally.kills[service, default: 0] += 1 }
        var attempt = 1
        while true {
            do {
                return try system.restart(service, settings: wiring.settings(of: service))
            } catch {
                // Another process may have its port for a moment.
                guard attempt < Supervisor.startAttemptsMax else { throw error }
                attempt += 1
                Concurrency.Thread.sleep(milliseconds: 200)
            }
        }
    }

    /// Stops the orchestrator in the midst of its work, lets another one take its place, and wakes it up again when its
    /// callers have long repeated their calls.
    private func suspendOrchestrator(_ random: inout SeededRandom) throws {
        let suspended = system.process(.orchestrator)
        suspended.signal(SIGSTOP)
        state.withLock { $0.tally.suspensions += 1 }
        let milliseconds = Int.random(in: Supervisor.suspensionMilliseconds, using: &random)
        start {
            Concurrency.Thread.sleep(milliseconds: milliseconds)
            suspended.signal(SIGCONT)
            // On SIGTERM it finishes what it has, and then ends.
            suspended.end()
        }
        let port = try freePort()
        var settings = wiring.settings(of: .orchestrator)
        settings["PORT"] = String(port)
        _ = try system.supersede(.orchestrator, settings: settings)
        wiring.clients.redirect(to: port)
    }

    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch { state.withLock { $0.tally.failures.append("\(error)") } }
    }

    /// - Returns: whether to go on.
    private func pause(_ milliseconds: ClosedRange<Int>, _ random: inout SeededRandom) -> Bool {
        let pause = UInt64(Int.random(in: milliseconds, using: &random)) * 1_000_000
        return state.wait(untilUptimeNanoseconds: uptimeNanoseconds() + pause) { $0.isOver ? true : nil } == nil
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        guard let thread = Concurrency.Thread.start(body) else {
            return state.withLock { $0.tally.failures.append("The system has no thread left.") }
        }
        state.withLock { $0.threads.append(thread) }
    }
}
