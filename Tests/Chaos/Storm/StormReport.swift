import SystemTesting

/// The run in figures.
struct StormReport {
    private static let findingsMax = 20

    let isClean: Bool
    private let lines: [String]

    init(
        _ options: Options, asked: Int, _ answers: Answers, _ tally: Supervisor.Tally, _ wiring: Wiring,
        stormSeconds: Double, audit: StormAudit
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
        let findings = tally.failures + answers.findings + audit.findings
        isClean =
            findings.isEmpty && audit.duplicates == 0 && audit.unanswered == 0 && answers.changed == 0
            && answers.unexpected == 0
        func kills(_ service: RunningSystem.Service) -> Int { tally.kills[service] ?? 0 }
        let faults = [
            "\(wiring.count(.reset)) resets", "\(wiring.count(.halfRequest)) half requests",
            "\(wiring.count(.lostReply)) lost replies", "\(wiring.count(.halfReply)) half replies",
            "\(wiring.count(.lateRequest) + wiring.count(.lateReply)) stalls",
        ]
        let ends = [
            "customers \(kills(.customers))", "orders \(kills(.orders))", "orchestrator \(kills(.orchestrator))",
            "database \(tally.databaseKills)", "SIGSTOP \(tally.suspensions)",
        ]
        let verdict = [
            "duplicates \(audit.duplicates)", "lost \(audit.lost)", "stock errors \(audit.stockErrors)",
            "changed answers \(answers.changed)", "unanswered \(audit.unanswered)",
            "other violations \(answers.unexpected + audit.otherFindings + tally.failures.count)",
        ]
        let statuses = answers.statuses.sorted { $0.key < $1.key }
            .map { "\($0.key == 0 ? "no answer" : String($0.key)) \($0.value)" }
        let end = asked < options.orders ? " (stopped after \(options.secondsMax) s)" : ""
        lines =
            findings.prefix(StormReport.findingsMax).map { "violation: \($0)" }
            + (findings.count > StormReport.findingsMax ? ["… \(findings.count) violations in all"] : [])
            + [
                "calls by status: \(statuses.joined(separator: ", "))",
                "R1: \(asked) orders\(end), \(confirmed) confirmed, \(refused) refused (sold out), "
                    + "faults: \(faults.joined(separator: ", ")), kills: \(ends.joined(separator: ", ")); "
                    + "\(verdict.joined(separator: ", ")); \(Int(stormSeconds)) s, seed \(options.seed)",
            ]
    }

    func print() { for line in lines { Swift.print(line) } }
}
