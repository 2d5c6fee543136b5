import Concurrency
import CustomerErasures
import DatabaseWebService
import MySQL

/// Erases what receivers answered to events of customers' orders: it is not known what stands in it. The events themselves tell a customer's
/// number and nothing else of them, and a customer's address is kept nowhere.
struct AttemptEraser: CustomerDataEraser {
    /// 1,000 events a statement, and the attempts of 100 deliveries a transaction: a few milliseconds.
    private static let pageSize = 1000
    private static let batchSize = 100
    private static let stepMilliseconds = 10_000

    let database: Database

    func erase(_ customerIDs: [Int64], _ stop: StopToken) throws(DatabaseError) -> Int? {
        var condition: SQL = "FALSE"
        for id in customerIDs {
            condition.append(" OR LOCATE(\(Array(#""customer_id":\#(id),"#.utf8)), body) > 0")
        }
        var (count, lastSeq): (Int, Int64) = (0, 0)
        while !stop.isStopRequested {
            let page = try database.read(by: AttemptEraser.stepDeadline) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query(
                    """
                    SELECT seq, order_id, \(condition) AS is_met FROM inbox
                    WHERE seq > \(lastSeq) ORDER BY seq LIMIT \(AttemptEraser.pageSize)
                    """
                ) { (row) throws(DatabaseError) in
                    (seq: try row.int64("seq"), orderID: try row.int64("order_id"), isMet: try row.bool("is_met"))
                }
            }
            for orderID in Set(page.filter(\.isMet).map(\.orderID)) {
                guard let erased = try eraseAttempts(orderID: orderID, stop) else { return nil }
                count += erased
            }
            guard page.count == AttemptEraser.pageSize, let last = page.last else { return count }
            lastSeq = last.seq
        }
        return nil
    }

    private func eraseAttempts(orderID: Int64, _ stop: StopToken) throws(DatabaseError) -> Int? {
        var (count, lastID): (Int, Int64) = (0, 0)
        while !stop.isStopRequested {
            let erased = try database.transaction(by: AttemptEraser.stepDeadline, ifCommitIsLost: .runAgain) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) -> (ids: [Int64], count: Int)
                in
                let ids = try transaction.query(
                    """
                    SELECT id FROM deliveries FORCE INDEX (ix_deliveries_order)
                    WHERE order_id = \(orderID) AND id > \(lastID) ORDER BY id LIMIT \(AttemptEraser.batchSize)
                    """
                ) { (row) throws(DatabaseError) in try row.int64("id") }
                guard !ids.isEmpty else { return (ids: ids, count: 0) }
                let count = try transaction.execute(
                    "UPDATE attempts SET reply = '' WHERE delivery_id IN \(list: ids) AND reply <> ''"
                ).affectedRows
                return (ids: ids, count: count)
            }
            count += erased.count
            guard erased.ids.count == AttemptEraser.batchSize, let last = erased.ids.last else { return count }
            lastID = last
        }
        return nil
    }

    private static var stepDeadline: Deadline { .after(milliseconds: stepMilliseconds) }
}
