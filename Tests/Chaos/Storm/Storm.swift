import Concurrency
import DatabaseTesting
import Foundation
import SeededRandom
import SystemTesting

/// Thousands of orders, each asked for until it is answered, while connections break, and processes and the database are
/// killed. Then everything is left in peace, every key is asked for once more, and the database is audited.
struct Storm {
    /// One key in twenty is asked for by a second client while the first may still be at it.
    private static let rivalShare = 0.05
    private static let repeatedShare = 0.05
    private static let misusedShare = 0.03
    /// How far back a rival's key may be: about as many as are under way.
    private static let rivalDistanceMax = 30
    /// For what is left when the storm is over.
    private static let afterwardsSecondsMax: UInt64 = 300

    private let options: Options
    private let seed: SeededRandom
    private let hearsEvents: Bool

    /// - Parameter hearsEvents: whether the Notifier and a broker are part of it, and everything that they are to tell is awaited.
    init(_ options: Options, hearsEvents: Bool = false) {
        self.options = options
        self.hearsEvents = hearsEvents
        seed = SeededRandom(seed: options.seed)
    }

    /// - Returns: whether nothing was wrong.
    func run() throws -> Bool {
        say("seed \(options.seed)")
        // The database must not lose what it has acknowledged: what is tested here is the services.
        let server = try DedicatedTestServer(options: ["--innodb-flush-log-at-trx-commit=1"])
        let witness = hearsEvents ? try EventWitness(seed: seed) : nil
        let services = hearsEvents ? RunningSystem.Service.product : RunningSystem.Service.ordering
        let wiring = try Wiring(services, rates: .storm, seed: seed, own: witness?.settings ?? [:])
        let system = try RunningSystem(services, ownSettings: wiring.firstSettings, on: server.makeSchema())
        defer {
            wiring.stop()
            system.stop()
            witness?.stop()
        }
        try witness?.begin(system)
        let assortment = try Assortment(in: system, orders: options.orders)
        let answers = Answers(count: options.orders)
        let supervisor = Supervisor(system, on: server, beside: witness?.broker, wiring, seed: seed)

        let began = uptimeNanoseconds()
        let progress = Progress(orders: options.orders, until: began + UInt64(options.secondsMax) * 1_000_000_000)
        let merchant = Merchant(system, assortment)
        supervisor.begin()
        merchant.begin(seed.stream(.merchant))
        try work(progress, assortment, answers, port: wiring.clients.port, isStorm: true)
        let stormSeconds = Double(uptimeNanoseconds() - began) / 1e9
        merchant.end()
        try supervisor.end()
        try wiring.calm()

        let asked = progress.taken
        let afterwards = Progress(
            orders: asked, until: uptimeNanoseconds() + Storm.afterwardsSecondsMax * 1_000_000_000)
        try work(afterwards, assortment, answers, port: wiring.clients.port, isStorm: false)
        try witness?.settle(system)
        let audit = try StormAudit(system, assortment, answers, asked: asked, seed: options.seed)
        for service in services { system.process(service).end() }
        let report = StormReport(
            options, asked: asked, answers, supervisor.tally, wiring, services, changes: merchant.tally,
            stormSeconds: stormSeconds, audit: audit, events: try witness?.report(system, StormAudit.patient(system)))
        report.print()
        return report.isClean
    }

    /// Lets all clients work until there is nothing more to ask for.
    private func work(
        _ progress: Progress, _ assortment: Assortment, _ answers: Answers, port: Int, isStorm: Bool
    ) throws {
        let service = try RunningSystem.client(.orchestrator, port: port)
        _ = try inParallel(options.clients) { number in
            var random = seed.stream(.client(isStorm ? number : number + options.clients))
            var client = OrderingClient(service: service, answers: answers, random: SeededRandom(seed: random.next())) {
                progress.isOver
            }
            while let next = progress.next() {
                let plan = OrderPlan(next, of: assortment, seed: options.seed)
                guard client.settle(plan), isStorm else { continue }
                let chance = Double.random(in: 0..<1, using: &random)
                if chance < Storm.repeatedShare {
                    _ = client.settle(plan)
                } else if chance < Storm.repeatedShare + Storm.misusedShare {
                    client.misuse(plan)
                } else if chance < Storm.repeatedShare + Storm.misusedShare + Storm.rivalShare {
                    let distance = Int.random(in: 1...Storm.rivalDistanceMax, using: &random)
                    let rival = min(max(next + Storm.rivalDistanceMax / 2 - distance, 0), progress.taken - 1)
                    _ = client.settle(OrderPlan(rival, of: assortment, seed: options.seed))
                }
            }
        }
    }
}
