import Concurrency
import DatabaseWebService
import MySQL
import Telemetry
import WebService

/// What an operator does with events.
extension OrdersApp {
    static var eventCommands: [OwnCommand<OrdersApp>] {
        [
            OwnCommand(
                CommandDescription(
                    "reconcile-events", "Appends the events that are missing once no instance from before events runs.")
            ) { (app, _) throws(CommandError) in try app.reconcileEvents() },
            OwnCommand(
                CommandDescription(
                    "rebase-events",
                    "After a restore: the next event gets the number behind N, the highest that a reader can have seen.",
                    words: CommandDescription.Words("N"))
            ) { (app, words) throws(CommandError) in try app.rebaseEvents(to: words.number(in: 1...Int64.max)) },
        ]
    }

    private func reconcileEvents() throws(CommandError) {
        do throws(OrderError) {
            let count = try EventReconciliation(orders: orders).run { id, lastID, count in
                base.logger.info("reconciling events", ["order_id": id, "last_id": lastID, "appended": count])
            }
            base.logger.info("events reconciled", ["appended": count])
        } catch {
            throw CommandError(message: "Not all events were reconciled; run it again. The cause: \(error)")
        }
    }

    private func rebaseEvents(to seq: Int64) throws(CommandError) {
        do throws(RebaseError) {
            let former = try base.database.transaction(by: .after(milliseconds: 30_000)) {
                (transaction: borrowing Transaction<RebaseError>) throws(RebaseError) in
                try EventNumbering().rebase(to: seq, in: transaction)
            }
            base.logger.info("events rebased", ["from": former, "to": seq])
        } catch {
            switch error {
            case .alreadyThere(let last):
                throw CommandError(message: "The last event has the number \(last); give a higher one than that.")
            case .database(let error): throw CommandError(message: "Nothing was rebased. The cause: \(error)")
            }
        }
    }
}

/// Why the numbers were left as they are.
enum RebaseError: DatabaseFailure {
    /// The numbers have come as far already.
    case alreadyThere(last: Int64)
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}
