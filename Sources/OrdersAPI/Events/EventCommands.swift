import Concurrency
import DatabaseWebService
import MySQL
import Telemetry

/// What an operator does with events.
extension OrdersApp {
    static var eventCommands: [OwnCommand<OrdersApp>] {
        [
            OwnCommand(
                "reconcile-events", "Appends the events that are missing once no instance from before events runs."
            ) { (app, arguments) throws(CommandError) in try app.reconcileEvents(arguments) },
            OwnCommand(
                "rebase-events", "After a restore: the next event gets the number behind N, which no reader has seen."
            ) { (app, arguments) throws(CommandError) in try app.rebaseEvents(arguments) },
        ]
    }

    private func reconcileEvents(_ arguments: [String]) throws(CommandError) {
        guard arguments.isEmpty else { throw CommandError(message: "reconcile-events takes no arguments.") }
        do throws(OrderError) {
            let count = try EventReconciliation(orders: orders).run { id, lastID, count in
                base.logger.info("reconciling events", ["order_id": id, "last_id": lastID, "appended": count])
            }
            base.logger.info("events reconciled", ["appended": count])
        } catch {
            throw CommandError(message: "Not all events were reconciled; run it again. The cause: \(error)")
        }
    }

    private func rebaseEvents(_ arguments: [String]) throws(CommandError) {
        guard arguments.count == 1, let seq = Int64(arguments[0]), seq > 0 else {
            throw CommandError(
                message: "rebase-events takes one number: the highest that a reader can have seen, or a higher one.")
        }
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
