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

    private static let killPause = 1500...2500
    private static let databaseKillPause = 18_000...22_000
    /// Early enough for a short run to meet one.
    private static let firstDatabaseKillPause = 2000...3000
    /// It takes seconds to start, and is to be there for most of the time.
    private static let brokerKillPause = 12_000...16_000
    private static let firstBrokerKillPause = 3000...5000
    /// How long the database and the broker stay away.
    private static let outageMilliseconds = 50...1000
    /// Which of the ends of the service that is suspended, counted from its last suspension, is a suspension instead: about every 24 s.
    private static let suspensionPeriod = 12
    private static let firstSuspension = 1
    /// Around the 10 s that a request lasts at most: it wakes up with requests that have run out of time, and with others.
    private static let suspensionMilliseconds = 6000...12_000
    /// Where everything is stopped at times, every fifth of a service's ends is a stop instead, and every other one of the database's
    /// and of the broker's.
    private static let stopPeriod = 5
    private static let stopMilliseconds = 500...4000
    private static let startAttemptsMax = 5

    private let system: RunningSystem
    private let database: DedicatedTestServer
    private let broker: RabbitServer?
    private let wiring: Wiring
    private let stopsEverything: Bool
    private let seed: SeededRandom
    private let counts = Lock(Tally())
    private let disturbances = Disturbances()

    /// - Parameter stopsEverything: whether the other services, the database and the broker are stopped for a while at times, too, and
    ///   go on.
    init(
        _ system: RunningSystem, on database: DedicatedTestServer, beside broker: RabbitServer?, _ wiring: Wiring,
        stopsEverything: Bool = false, seed: SeededRandom
    ) {
        self.system = system
        self.database = database
        self.broker = broker
        self.wiring = wiring
        self.stopsEverything = stopsEverything
        self.seed = seed
    }

    var tally: Tally {
        var tally = counts.withLock { $0 }
        tally.failures = disturbances.failures
        return tally
    }

    func begin() {
        for (number, service) in system.services.enumerated() {
            let rounds = Rounds()
            disturbances.every(Supervisor.killPause, seed.stream(.supervisor(number))) { [self] random in
                let round = rounds.next()
                if service == wiring.entry, round % Supervisor.suspensionPeriod == Supervisor.firstSuspension {
                    return try suspendEntry(&random)
                }
                guard stopsEverything, round.isMultiple(of: Supervisor.stopPeriod) else {
                    return try killAndRestart(service)
                }
                let process = system.process(service)
                process.signal(SIGSTOP)
                pauseStopped(&random)
                process.signal(SIGCONT)
            }
        }
        disturb(
            Supervisor.databaseKillPause, first: Supervisor.firstDatabaseKillPause, number: system.services.count,
            Outage(kill: database.kill9, start: database.start, pause: database.pause, resume: database.resume)
        ) { $0.databaseKills += 1 }
        guard let broker else { return }
        disturb(
            Supervisor.brokerKillPause, first: Supervisor.firstBrokerKillPause, number: system.services.count + 1,
            Outage(kill: broker.kill9, start: broker.start, pause: broker.pause, resume: broker.resume)
        ) { $0.brokerKills += 1 }
    }

    /// What can be done to a server that is no service.
    private struct Outage: Sendable {
        let kill: @Sendable () -> Void
        let start: @Sendable () throws -> Void
        let pause: @Sendable () throws -> Void
        let resume: @Sendable () throws -> Void
    }

    private func disturb(
        _ pause: ClosedRange<Int>, first: ClosedRange<Int>, number: Int, _ outage: Outage,
        count: @escaping @Sendable (inout Tally) -> Void
    ) {
        let rounds = Rounds()
        disturbances.every(pause, first: first, seed.stream(.supervisor(number))) { [self] random in
            if stopsEverything, rounds.next().isMultiple(of: 2) {
                try outage.pause()
                pauseStopped(&random)
                return try outage.resume()
            }
            outage.kill()
            counts.withLock(count)
            _ = disturbances.pause(Supervisor.outageMilliseconds, &random)
            try outage.start()
        }
    }

    private func pauseStopped(_ random: inout SeededRandom) {
        counts.withLock { $0.suspensions += 1 }
        _ = disturbances.pause(Supervisor.stopMilliseconds, &random)
    }

    /// Counts from 1.
    private final class Rounds: Sendable {
        private let count = Lock(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    /// Stops killing, and waits until everything runs, and whatever was suspended has woken up and ended.
    func end() throws {
        disturbances.end()
        for service in system.services {
            try waitUntil { try system.client(service).send(.get, "/health/ready").status == 200 }
        }
    }

    /// - Throws: also where it has ended before, by itself.
    private func killAndRestart(_ service: RunningSystem.Service) throws {
        let process = system.process(service)
        let end = process.endByItself
        process.signal(SIGKILL)
        _ = try process.waitForExit()
        counts.withLock { $0.kills[service, default: 0] += 1 }
        try Supervisor.startPatiently { try system.restart(service, settings: wiring.settings(of: service)) }
        if let end { throw end }
    }

    /// Starts something on a port that another process may have for a moment.
    static func startPatiently<Value>(_ start: () throws -> Value) throws -> Value {
        var attempt = 1
        while true {
            do { return try start() } catch {
                guard attempt < Supervisor.startAttemptsMax else { throw error }
                attempt += 1
                Concurrency.Thread.sleep(milliseconds: 200)
            }
        }
    }

    /// Stops the service that the clients speak with in the midst of its work, lets another one take its place, and wakes it up again
    /// when its callers have long repeated their calls.
    private func suspendEntry(_ random: inout SeededRandom) throws {
        let suspended = system.process(wiring.entry)
        suspended.signal(SIGSTOP)
        counts.withLock { $0.suspensions += 1 }
        let milliseconds = Int.random(in: Supervisor.suspensionMilliseconds, using: &random)
        disturbances.start {
            Concurrency.Thread.sleep(milliseconds: milliseconds)
            suspended.signal(SIGCONT)
            // On SIGTERM it finishes what it has, and then ends.
            suspended.end()
        }
        let port = try freePort()
        var settings = wiring.settings(of: wiring.entry)
        settings["PORT"] = String(port)
        _ = try system.supersede(wiring.entry, settings: settings)
        wiring.redirectEntry(to: port)
    }
}
