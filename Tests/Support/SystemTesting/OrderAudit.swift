import Concurrency
import Digests
package import MySQL

/// Decides from the database alone whether every key had its effect once, whether every piece of stock is accounted for, and
/// whether every change is told of once.
///
/// For a system at rest in which every order, confirmation and cancellation was asked for with a key; only expiry needs
/// none. It believes no service: what the orchestrator makes of a caller's key is worked out here once more.
package struct OrderAudit: Sendable {
    package enum Rule: String, Sendable, CaseIterable {
        /// What is on hand and what CREATED, STOCK_RESERVED, PAID and CONFIRMED orders hold add up to the product's ledger, which has one beginning.
        case stock
        /// An order has items, and they add up to its total.
        case totals
        /// The status, and the times and the reason that belong to it, fit together.
        case state
        /// Every order, confirmation and requested cancellation has the key that it was asked for with.
        case effectWithoutKey
        /// Every reply of success that a key keeps has its effect.
        case keyWithoutEffect
        /// An order is made, and confirmed, under one key only.
        case severalKeys
        /// The orchestrator's keys are made from its callers' keys, all steps of an order from the same one.
        case stepKey
        /// A kept reply tells what is stored.
        case reply
        /// An order that a caller was told is confirmed is so, and is the one that the key made.
        case acknowledged
        /// Each version of an order is an event, which has one number in the log.
        case events
        /// An asynchronous order has ended, and nothing is left to do for it.
        case sagas
        /// An asynchronous order is charged once at most, keeps paid what its state asks for, and nothing is held for it.
        case payments
    }

    /// Something that must not be.
    package struct Violation: Sendable, Hashable, CustomStringConvertible {
        package let rule: Rule
        /// One sentence.
        package let description: String
    }

    private static let patienceMilliseconds = 60_000

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// The key under which the orchestrator asks for a step (`create`, `confirm`, `cancel`) of the order that `key` is for.
    package static func stepKey(_ step: String, of key: String) -> String {
        let digest = SHA256.digest(Array("create-and-confirm-order\u{0}\(step)\u{0}\(key)".utf8))
        return "orchestrator-\(step)-\(Base64URL.encode(digest))"
    }

    /// All that is wrong; nothing on a healthy system.
    ///
    /// - Parameters:
    ///   - acknowledged: the order that the orchestrator's caller was answered, as confirmed, by caller's key.
    ///   - called: every key that was sent to the orchestrator; nil where they are not known, and then its steps' keys are
    ///     not judged.
    package func violations(
        acknowledged: [String: Int64] = [:], called: Set<String>? = nil
    ) throws -> [Violation] {
        try OrderAudit.waitForNumbers(database)
        return try database.read(by: .after(milliseconds: OrderAudit.patienceMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try OrderAudit.violations(acknowledged: acknowledged, called: called, in: session)
        }
    }

    /// As above, of what a session sees: inside a transaction, what has not been committed too.
    package static func violations<Query: SQLQuerying & ~Copyable>(
        acknowledged: [String: Int64] = [:], called: Set<String>? = nil, in session: borrowing Query
    ) throws(Query.Failure) -> [Violation] {
        let records = try AuditedRecords(session)
        let callers = called.map { AuditedCallers($0.union(acknowledged.keys)) }
        return records.stockViolations() + records.orders.values.flatMap { records.violations($0) }
            + records.keys.flatMap { records.violations($0) }
            + (callers.map { records.stepViolations($0) } ?? [])
            + acknowledged.sorted { $0.key < $1.key }.compactMap { records.violation(acknowledged: $0.key, $0.value) }
            + (try eventViolations(in: session)) + (try sagaViolations(in: session))
            + (try paymentViolations(in: session))
    }
}
