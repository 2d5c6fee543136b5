import Concurrency
import DatabaseTesting
import DatabaseWebService
import HTTPMessages
@testable import Idempotency
@testable import IdempotentReplies
import MySQL
import ServiceTesting
import Telemetry
import Testing
import WebApplication

/// What can go wrong with a ledger.
enum LedgerError: DatabaseFailure {
    case full
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

/// The smallest service there is: one table whose rows count how often an effect took place, and the keys beside it.
final class Ledger: Sendable {
    let database: Database
    let store: IdempotencyStore
    let replies: IdempotentReplies
    private let schema: TestSchema

    /// - Parameter change: what differs from a service's usual limits.
    init(retentionHours: Int = 24, _ change: (inout DatabaseConfiguration) -> Void = { _ in }) throws {
        schema = try TestDatabase.makeSchema()
        var configuration = schema.configuration
        change(&configuration)
        database = Database(configuration)
        store = IdempotencyStore(retentionHours: retentionHours)
        replies = IdempotentReplies(store, database)
        let entries = Migration(
            name: "m0002_create_entries",
            sql: "CREATE TABLE entries (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB")
        _ = try Migrator(database: database, service: "ledger", migrations: [IdempotencyStore.migration, entries])
            .migrate(by: .after(milliseconds: 30_000))
    }

    deinit { database.close() }

    /// Answers a request whose effect is one entry.
    ///
    /// - Parameters:
    ///   - failure: what to refuse the request with, after the entry was written.
    ///   - pause: runs while the transaction is open.
    func enter(
        _ claim: IdempotencyClaim?, timeoutMilliseconds: Int = 10_000, failure: Problem? = nil,
        pause: @escaping @Sendable () -> Void = {}
    ) -> Reply {
        let context = RequestContext(
            CallContext(
                deadline: .after(milliseconds: timeoutMilliseconds), trace: TraceContext(continuing: nil),
                correlationID: "req-1", logger: Logger(service: "tests", level: .error)))
        let keeping = ReplyKeeping<Int64>(claim) { id in
            StoredReply(status: 201, location: "/entries/\(id)", body: Array("{\"id\":\(id)}".utf8))
        }
        do throws(Problem) {
            let response = try replies.reply(to: Request(.post, "/entries"), claim, context) {
                () throws(Problem) -> FirstReply in
                do throws(LedgerError) {
                    let kept = try database.transaction(by: context.deadline) {
                        (transaction: borrowing Transaction<LedgerError>) throws(LedgerError) in
                        let id = try transaction.execute("INSERT INTO entries () VALUES ()").lastInsertID
                        if failure != nil { throw .full }
                        let kept = try store.record(id, keeping, in: transaction)
                        pause()
                        return kept
                    }
                    return FirstReply(kept.reply)
                } catch {
                    switch error {
                    case .full: throw failure ?? .routeNotFound
                    case .database(let error): throw Problem(error)
                    }
                }
            }
            return Reply(response)
        } catch {
            return Reply(error.response(instance: "/entries", traceID: context.trace.traceID))
        }
    }

    var entryCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM entries") ?? -1 } }
    var keyCount: Int64 { get throws { try database.number("SELECT COUNT(*) FROM idempotency_keys") ?? -1 } }
}

/// A claim to a key that is well formed.
func claim(_ key: String, operation: String = "enter", resourceID: Int64? = nil) throws -> IdempotencyClaim {
    IdempotencyClaim(key: try #require(IdempotencyKey(key)).text, operation: operation, resourceID: resourceID)
}
