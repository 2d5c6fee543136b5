import SystemTesting

/// The run in figures.
struct StormReport {
    private static let findingsMax = 20
    /// From so many orders on a storm lasts long enough for all that it is made of; one that lacks a part proves less than it
    /// says.
    private static let completeOrders = 500

    let isClean: Bool
    private let lines: [String]

    init(
        _ options: Options, asked: Int, _ answers: Answers, _ tally: Supervisor.Tally, _ wiring: Wiring,
        _ services: [RunningSystem.Service], changes: Merchant.Tally, stormSeconds: Double, audit: StormAudit,
        events: EventReport?
    ) {
        var confirmed = 0
        var refused = 0
        for answer in answers.all {
            switch answer {
            case .confirmed: confirmed += 1
            case .refused: refused += 1
            case nil: break
            }
        }
        let missing =
            asked < StormReport.completeOrders
            ? [] : StormReport.missing(tally, wiring, services, changes, hasBroker: events != nil)
        let violations = missing + tally.failures + answers.violations + audit.violations + (events?.violations ?? [])
        isClean =
            violations.isEmpty && audit.duplicates == 0 && audit.unanswered == 0 && answers.changed == 0
            && answers.unexpected == 0
        func kills(_ service: RunningSystem.Service) -> Int { tally.kills[service] ?? 0 }
        let faults = [
            "\(wiring.count(.reset)) resets", "\(wiring.count(.halfRequest)) half requests",
            "\(wiring.count(.lostReply)) lost replies", "\(wiring.count(.halfReply)) half replies",
            "\(wiring.count(.lateRequest) + wiring.count(.lateReply)) stalls",
        ]
        let ends =
            [
                "customers \(kills(.customers))", "orders \(kills(.orders))", "orchestrator \(kills(.orchestrator))",
                "database \(tally.databaseKills)", "SIGSTOP \(tally.suspensions)",
            ] + (events == nil ? [] : ["notifier \(kills(.notifier))", "broker \(tally.brokerKills)"])
        let verdict = [
            "duplicates \(audit.duplicates)", "lost \(audit.lost)", "stock errors \(audit.stockErrors)",
            "changed answers \(answers.changed)", "unanswered \(audit.unanswered)",
            "other violations \(answers.unexpected + audit.otherViolations + tally.failures.count + missing.count)",
        ]
        let statuses = answers.statuses.sorted { $0.key < $1.key }
            .map { "\($0.key == 0 ? "no answer" : String($0.key)) \($0.value)" }
        let end = asked < options.orders ? " (stopped after \(options.secondsMax) s)" : ""
        lines =
            violations.prefix(StormReport.findingsMax).map { "violation: \($0)" }
            + (violations.count > StormReport.findingsMax ? ["… \(violations.count) violations in all"] : [])
            + [
                "calls by status: \(statuses.joined(separator: ", "))",
                "R1: \(asked) orders\(end), \(confirmed) confirmed, \(refused) refused (sold out), "
                    + "faults: \(faults.joined(separator: ", ")), kills: \(ends.joined(separator: ", ")), "
                    + "\(changes.prices) new prices, \(changes.adjustments) adjustments; "
                    + "\(verdict.joined(separator: ", ")); \(Int(stormSeconds)) s, seed \(options.seed)",
            ] + (events.map { [$0.description] } ?? [])
    }

    private static func missing(
        _ tally: Supervisor.Tally, _ wiring: Wiring, _ services: [RunningSystem.Service], _ changes: Merchant.Tally,
        hasBroker: Bool
    ) -> [String] {
        let counts =
            NetworkFault.allCases.map { ("\($0)", wiring.count($0)) }
            + services.map { ("kill of \($0.rawValue)", tally.kills[$0] ?? 0) }
            + [("kill of the database", tally.databaseKills), ("suspension", tally.suspensions)]
            + (hasBroker ? [("kill of the broker", tally.brokerKills)] : [])
            + [("new price", changes.prices), ("adjustment", changes.adjustments)]
        return counts.filter { $0.1 == 0 }.map { "The storm had no \($0.0)." }
    }

    func print() { for line in lines { Swift.print(line) } }
}
