import Concurrency
import DatabaseTesting
import Foundation
import HTTPMessages
import MySQL
import SeededRandom
import SystemTesting

/// Thousands of asynchronous orders, placed, canceled and discarded, while connections break, the payment gateway fails, workers lose
/// their leases, and processes, the broker and the database are killed or stopped. Then everything is left in peace, every key is asked
/// for once more, what is DEAD is redriven, and orders, stock, events and money are audited.
struct AsyncStorm {
    private static let services: [RunningSystem.Service] = [.customers, .paymentSimulator, .orders, .notifier]
    private static let workerCount = 2
    private static let repeatedShare = 0.05
    private static let misusedShare = 0.03
    private static let watchedShare = 0.08
    /// One key in twenty is asked for by a second client while the first may still be at it.
    private static let rivalShare = 0.05
    private static let rivalDistanceMax = 30
    /// No more than so many orders are begun and not ended, so that the storm meets all of them.
    private static let backlogMax: Int64 = 150
    private static let backlogPauseMilliseconds = 50
    /// For what is left when the storm is over.
    private static let afterwardsSecondsMax: UInt64 = 300

    private let options: Options
    private let seed: SeededRandom

    init(_ options: Options) {
        self.options = options
        seed = SeededRandom(seed: options.seed)
    }

    /// - Returns: whether nothing was wrong.
    func run() throws -> Bool {
        say("seed \(options.seed)")
        // The database must not lose what it has acknowledged: what is tested here is the services.
        let server = try DedicatedTestServer(options: ["--innodb-flush-log-at-trx-commit=1"])
        let witness = try EventWitness(seed: seed)
        var own = witness.settings
        // Shorter than the longest stalls of the proxies, so that payments meet answers that come too late.
        own[.orders, default: [:]].merge(["ASYNC_ORDERS": "on", "PAYMENT_TIMEOUT_MS": "2000"]) { $1 }
        let wiring = try Wiring(AsyncStorm.services, entry: .orders, rates: .storm, seed: seed, own: own)
        let system = try RunningSystem(
            AsyncStorm.services, ownSettings: wiring.firstSettings, on: server.makeSchema())
        defer {
            wiring.stop()
            system.stop()
            witness.stop()
        }
        let workers = try SagaWorkers(AsyncStorm.workerCount, for: system, wiring.settings(of: .orders))
        defer { workers.stop() }
        try witness.begin(system)
        let assortment = try AsyncAssortment(in: system, orders: options.orders)
        let answers = AsyncAnswers(count: options.orders)
        try GatewayFaults.plan(in: system, seed)
        let supervisor = Supervisor(
            system, on: server, beside: witness.broker, wiring, stopsEverything: true, seed: seed)
        let disturbances = SagaDisturbances(system, workers, assortment, seed: seed)
        let merchant = Merchant(system, assortment.usual)

        let began = uptimeNanoseconds()
        let progress = Progress(orders: options.orders, until: began + UInt64(options.secondsMax) * 1_000_000_000) {
            ", \(disturbances.backlog) have not ended"
        }
        supervisor.begin()
        disturbances.begin()
        merchant.begin(seed.stream(.merchant))
        try work(progress, assortment, answers, port: wiring.clients.port, during: disturbances)
        let stormSeconds = Double(uptimeNanoseconds() - began) / 1e9
        merchant.end()
        disturbances.end()
        try supervisor.end()
        try wiring.calm()
        try GatewayFaults.end(in: system)

        let afterwards = Progress(
            orders: progress.taken, until: uptimeNanoseconds() + AsyncStorm.afterwardsSecondsMax * 1_000_000_000)
        try work(afterwards, assortment, answers, port: wiring.clients.port, during: nil)
        try settle(system, disturbances, secondsMax: Int(AsyncStorm.afterwardsSecondsMax))
        try cancelPutOff(answers, port: wiring.clients.port)
        try settle(system, disturbances, secondsMax: Int(AsyncStorm.afterwardsSecondsMax))
        try witness.settle(system)
        let audit = try AsyncAudit(system, assortment, answers, asked: progress.taken, seed: options.seed)
        workers.stop()
        for service in AsyncStorm.services { system.process(service).end() }
        let report = AsyncReport(
            options, asked: progress.taken, answers, supervisor.tally, disturbances, wiring, AsyncStorm.services,
            changes: merchant.tally, stormSeconds: stormSeconds, audit: audit,
            events: try witness.report(system, StormAudit.patient(system)))
        report.print()
        return report.isClean
    }

    /// Asks once more for what could not be canceled while payments were in progress: none is now.
    private func cancelPutOff(_ answers: AsyncAnswers, port: Int) throws {
        var client = AsyncClient(
            service: try RunningSystem.client(.orders, port: port), answers: answers,
            random: seed.stream(.client(2 * options.clients))
        ) { false }
        for plan in answers.putOff {
            if let orderID = answers[plan.number].orderID { client.fulfill(plan, orderID) }
        }
        let putOffAgain = answers.putOff.count - Set(answers.putOff.map(\.number)).count
        if putOffAgain > 0 {
            answers.recordUnexpected("\(putOffAgain) payments are in progress after their sagas' end")
        }
    }

    /// Redrives what is DEAD until no order has anything left to do. Leases end at their time, long pauses at once.
    private func settle(_ system: RunningSystem, _ disturbances: SagaDisturbances, secondsMax: Int) throws {
        try waitUntil(seconds: secondsMax) {
            try disturbances.redriveDead()
            try disturbances.endLongPauses()
            return try system.count("SELECT COUNT(*) FROM order_sagas") == 0
        }
    }

    /// Lets all clients work until there is nothing more to ask for.
    ///
    /// - Parameter disturbances: nil when they are over; then nothing is asked for but the answers.
    private func work(
        _ progress: Progress, _ assortment: AsyncAssortment, _ answers: AsyncAnswers, port: Int,
        during disturbances: SagaDisturbances?
    ) throws {
        let service = try RunningSystem.client(.orders, port: port)
        let isStorm = disturbances != nil
        _ = try inParallel(options.clients) { number in
            var random = seed.stream(.client(isStorm ? number : number + options.clients))
            var client = AsyncClient(service: service, answers: answers, random: SeededRandom(seed: random.next())) {
                progress.isOver
            }
            while let next = progress.next() {
                let plan = AsyncPlan(next, of: assortment, seed: options.seed)
                guard let orderID = client.place(plan), let disturbances else { continue }
                let chance = Double.random(in: 0..<1, using: &random)
                if chance < AsyncStorm.repeatedShare {
                    _ = client.place(plan)
                } else if chance < AsyncStorm.repeatedShare + AsyncStorm.misusedShare {
                    client.misuse(plan)
                } else if chance < AsyncStorm.repeatedShare + AsyncStorm.misusedShare + AsyncStorm.rivalShare {
                    let distance = Int.random(in: 1...AsyncStorm.rivalDistanceMax, using: &random)
                    let rival = min(max(next + AsyncStorm.rivalDistanceMax / 2 - distance, 0), progress.taken - 1)
                    _ = client.place(AsyncPlan(rival, of: assortment, seed: options.seed))
                }
                client.fulfill(plan, orderID)
                if Double.random(in: 0..<1, using: &random) < AsyncStorm.watchedShare { client.watch(plan, orderID) }
                while disturbances.backlog > AsyncStorm.backlogMax, !progress.isOver {
                    Concurrency.Thread.sleep(milliseconds: AsyncStorm.backlogPauseMilliseconds)
                }
            }
        }
    }
}
