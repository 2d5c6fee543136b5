import HTTPMessages
import JSON
import MySQL
import SystemTesting

/// What the database and the simulator's ledger hold when all is over, against what the clients were told.
struct AsyncAudit {
    /// By id.
    let orders: [Int64: EndedOrder]
    /// Orders beyond one for each key that was accepted.
    let duplicates: Int
    /// Accepted, or ended by somebody's wish, and not there as such.
    let lost: Int
    let stockErrors: Int
    let paymentErrors: Int
    /// Keys without an answer for good, although everything was well in the end.
    let unanswered: Int
    /// What else is wrong.
    let otherViolations: Int
    let ledger: LedgerTotals
    let violations: [String]

    init(
        _ system: RunningSystem, _ assortment: AsyncAssortment, _ answers: AsyncAnswers, asked: Int, seed: UInt64
    ) throws {
        let database = StormAudit.patient(system)
        defer { database.close() }
        let orders = try EndedOrder.all(in: database)
        var accepted: Set<Int64> = []
        var (lost, wrong): ([String], [String]) = ([], [])
        var unanswered = 0
        for number in 0..<asked {
            let plan = AsyncPlan(number, of: assortment, seed: seed)
            let told = answers[number]
            guard let id = told.orderID else {
                if told.refusal == nil { unanswered += 1 }
                continue
            }
            if !accepted.insert(id).inserted { wrong.append("Two keys were answered with order \(id).") }
            guard let order = orders[id] else {
                lost.append("\(plan.key) was accepted as order \(id), which does not exist.")
                continue
            }
            if let flaw = order.flaw(plan, told) { lost.append("Order \(id) of \(plan.key) \(flaw).") }
            if let flaw = order.impossibility(plan) { wrong.append("Order \(id) of \(plan.key) \(flaw).") }
        }
        let audited = try OrderAudit(database).violations()
        let ledger = try LedgerTotals(system)
        let earned = orders.values.reduce(0) { $0 + ($1.status == "CONFIRMED" ? $1.totalCents : 0) }
        let money =
            ledger.violations
            + (ledger.keptCents == earned
                ? [] : ["The gateway keeps \(ledger.keptCents) cents; the confirmed orders cost \(earned)."])
        self.orders = orders
        duplicates = max(0, orders.count - accepted.count)
        self.lost = lost.count
        stockErrors = audited.filter { $0.rule == .stock }.count
        paymentErrors = audited.filter { $0.rule == .payments }.count + money.count
        self.unanswered = unanswered
        otherViolations = wrong.count + audited.filter { $0.rule != .stock && $0.rule != .payments }.count
        self.ledger = ledger
        violations = lost + wrong + money + audited.map { "\($0.rule.rawValue): \($0)" }
    }
}

/// All payments as the simulator itself tells of them.
struct LedgerTotals {
    private(set) var captures: Int64 = 0
    private(set) var refunds: Int64 = 0
    private(set) var cancellations: Int64 = 0
    private(set) var keptCents: Int64 = 0
    private(set) var violations: [String] = []

    init(_ system: RunningSystem) throws {
        var counts: [Int64: Int64] = [:]
        var next: String? = ""
        while let cursor = next {
            let reply = try system.paymentSimulator.send(.get, "/_simulator/ledger?limit=100\(cursor)")
            for account in reply.json["data"]?.array ?? [] {
                func number(_ name: String) -> Int64 { account[name]?.integer ?? 0 }
                captures += number("capture_count")
                refunds += number("refund_count")
                cancellations += number("cancellation_count")
                keptCents += number("capture_cents") - number("refund_cents")
                counts[number("order_id"), default: 0] += number("capture_count")
            }
            next = reply.json["meta"]?["next_cursor"]?.string.map { "&cursor=\($0)" }
        }
        violations = counts.filter { $0.value > 1 }.keys.sorted().map {
            "The ledger has \(counts[$0] ?? 0) captures for order \($0)."
        }
    }
}
