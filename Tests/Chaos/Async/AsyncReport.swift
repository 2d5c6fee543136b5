import SystemTesting

/// The run in figures.
struct AsyncReport {
    private static let findingsMax = 20
    /// From so many orders on a storm lasts long enough for all that it is made of; one that lacks a part proves less than it
    /// says.
    private static let completeOrders = 1000

    let isClean: Bool
    private let lines: [String]

    init(
        _ options: Options, asked: Int, _ answers: AsyncAnswers, _ tally: Supervisor.Tally,
        _ disturbances: SagaDisturbances, _ wiring: Wiring, _ services: [RunningSystem.Service],
        changes: Merchant.Tally, stormSeconds: Double, audit: AsyncAudit, events: EventReport
    ) {
        let sagas = disturbances.tally
        let failures = tally.failures + disturbances.failures
        let counts = AsyncReport.counts(tally, sagas, wiring, services, changes)
        let missing =
            asked < AsyncReport.completeOrders ? [] : counts.filter { $0.1 == 0 }.map { "The storm had no \($0.0)." }
        let violations = missing + failures + answers.violations + audit.violations + events.violations
        isClean =
            violations.isEmpty && audit.duplicates == 0 && audit.unanswered == 0 && answers.changed == 0
            && answers.unexpected == 0
        let statuses = answers.statuses.sorted { $0.key < $1.key }
            .map { "\($0.key == 0 ? "no answer" : String($0.key)) \($0.value)" }
        let ends = Dictionary(grouping: audit.orders.values) { "\($0.status) \($0.reason ?? "")" }
            .map { "\($0.key == "CONFIRMED " ? "CONFIRMED" : $0.key) \($0.value.count)" }.sorted()
        let verdict = [
            "duplicates \(audit.duplicates)", "lost \(audit.lost)", "stock errors \(audit.stockErrors)",
            "payment errors \(audit.paymentErrors)", "changed answers \(answers.changed)",
            "unanswered \(audit.unanswered)",
            "other violations \(answers.unexpected + audit.otherViolations + failures.count + missing.count)",
        ]
        let end = asked < options.orders ? " (stopped after \(options.secondsMax) s)" : ""
        let refused = answers.all.count { $0.orderID == nil && $0.refusal != nil }
        let money = audit.ledger
        lines =
            violations.prefix(AsyncReport.findingsMax).map { "violation: \($0)" }
            + (violations.count > AsyncReport.findingsMax ? ["… \(violations.count) violations in all"] : [])
            + [
                "calls by status: \(statuses.joined(separator: ", "))", events.description,
                "ends: \(ends.joined(separator: ", ")); \(answers.watched) watched to their end, "
                    + "\(answers.putOff.count) canceled after the storm, since their payment was in progress until then",
                "async: \(asked) orders\(end), \(audit.orders.count) accepted, \(refused) refused; "
                    + "\(money.captures) captures, \(money.refunds) refunds, \(money.cancellations) payments canceled; "
                    + "faults: \(counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")), "
                    + "dead sagas redriven \(sagas.redriven); "
                    + "\(verdict.joined(separator: ", ")); \(Int(stormSeconds)) s, seed \(options.seed)",
            ]
    }

    /// What the storm is made of.
    private static func counts(
        _ tally: Supervisor.Tally, _ sagas: SagaDisturbances.Tally, _ wiring: Wiring,
        _ services: [RunningSystem.Service], _ changes: Merchant.Tally
    ) -> [(String, Int)] {
        let kills = services.map { ("kill of \($0.rawValue)", tally.kills[$0] ?? 0) }
        return NetworkFault.allCases.map { ("\($0)", wiring.count($0)) } + kills
            + [
                ("kill of a worker", sagas.workerKills), ("kill of the database", tally.databaseKills),
                ("kill of the broker", tally.brokerKills), ("stop", tally.suspensions + sagas.workerStops),
                ("ended lease", Int(sagas.endedLeases)), ("ended deadline", Int(sagas.endedDeadlines)),
                ("withdrawn product", sagas.withdrawals), ("new price", changes.prices),
                ("adjustment", changes.adjustments),
            ]
    }

    func print() { for line in lines { Swift.print(line) } }
}
