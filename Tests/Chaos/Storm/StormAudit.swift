import Concurrency
import DatabaseTesting
import JSON
import MySQL
import SystemTesting

/// What the database holds when all is over, against what the clients were told.
struct StormAudit {
    /// Orders beyond one for each key that was answered with one.
    let duplicates: Int64
    /// Answered as confirmed, and not there as confirmed under this key.
    let lost: Int
    let stockErrors: Int
    /// Keys without an answer for good, although everything was well in the end.
    let unanswered: Int
    /// What else is wrong.
    let otherViolations: Int
    /// The audit's sentences, those on stock and on lost orders included.
    let violations: [String]

    /// Above all rows of a long run; a service's own limit is for pages.
    static let rowsMax = 10_000_000

    /// A database that gives all rows that there are.
    static func patient(_ system: RunningSystem) -> Database {
        var configuration = system.schema.configuration
        configuration.resultRowsMax = StormAudit.rowsMax
        return Database(configuration)
    }

    init(_ system: RunningSystem, _ assortment: Assortment, _ answers: Answers, asked: Int, seed: UInt64) throws {
        let database = StormAudit.patient(system)
        defer { database.close() }
        try self.init(of: database, assortment, answers, asked: asked, seed: seed)
    }

    /// - Parameters:
    ///   - database: gives all rows that there are.
    ///   - others: orders that were answered beside those of the storm, by their keys.
    init(
        of database: Database, _ assortment: Assortment, _ answers: Answers, asked: Int, seed: UInt64,
        alsoAcknowledged others: [String: Int64] = [:]
    ) throws {
        var acknowledged = others
        var called = Set(others.keys)
        var unanswered = 0
        var wrong: [String] = []
        for number in 0..<asked {
            let plan = OrderPlan(number, of: assortment, seed: seed)
            called.insert(plan.key)
            switch answers[number] {
            case nil: unanswered += 1
            case .refused: break
            case .confirmed(let data):
                // The bytes of `data` end with the brace of the whole.
                let order = try JSONParser.parse(Array(data.utf8.dropLast()))["order"]
                acknowledged[plan.key] = order?["id"]?.integer ?? -1
                if !plan.isServed(by: order) {
                    wrong.append("\(plan.key) got another order than it asked for: \(data)")
                }
            }
        }
        let audited = try OrderAudit(database).violations(
            acknowledged: acknowledged, called: called)
        duplicates = max(0, try StormAudit.orderCount(database) - Int64(acknowledged.count))
        lost = audited.filter { $0.rule == .acknowledged }.count
        stockErrors = audited.filter { $0.rule == .stock }.count
        self.unanswered = unanswered
        otherViolations = wrong.count + audited.count - lost - stockErrors
        violations = wrong + audited.map { "\($0.rule.rawValue): \($0)" }
    }

    private static func orderCount(_ database: Database) throws -> Int64 {
        try database.read(by: .after(milliseconds: 10_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SELECT COUNT(*) FROM orders") { (row) throws(DatabaseError) in try row.int64(0) }
        } ?? 0
    }
}

extension OrderPlan {
    fileprivate func isServed(by order: JSONValue?) -> Bool {
        let items = (order?["items"]?.array ?? []).map { [$0["product_id"]?.integer, $0["qty"]?.integer] }
        return items == lines.sorted { $0.product < $1.product }.map { [$0.product, Int64($0.quantity)] }
    }
}
