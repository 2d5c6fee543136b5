import Concurrency
import CustomerErasures
import DatabaseWebService
import FaultPoints
import Idempotency
import JSON
import MySQL

/// Erases what orders, and the replies that keys keep of them, tell of customers. Events and sagas never hold any of it.
///
/// Orders come before the replies: who changes an order holds its row until the reply is kept, and is waited for there. An order that is
/// being placed meanwhile is found by the next pass.
struct OrderEraser: CustomerDataEraser {
    /// 500 orders a transaction, and 1,000 replies a statement: a few milliseconds.
    private static let batchSize = 500
    private static let pageSize = 1000
    /// 10 s for a step that may have to wait for locks.
    private static let stepMilliseconds = 10_000

    let database: Database
    let idempotency: IdempotencyStore

    func erase(_ customerIDs: [Int64], _ stop: StopToken) throws(DatabaseError) -> Int? {
        var count = 0
        for id in customerIDs {
            guard let orders = try eraseOrders(of: id, stop) else { return nil }
            count += orders
        }
        return try eraseReplies(of: customerIDs, stop).map { count + $0 }
    }

    private func eraseOrders(of customerID: Int64, _ stop: StopToken) throws(DatabaseError) -> Int? {
        var (count, lastID): (Int, Int64) = (0, 0)
        while !stop.isStopRequested {
            let orders = try database.read(by: OrderEraser.stepDeadline) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query(
                    """
                    SELECT id, customer_name <> '' AS is_left FROM orders FORCE INDEX (ix_orders_customer)
                    WHERE customer_id = \(customerID) AND id > \(lastID) ORDER BY id LIMIT \(OrderEraser.batchSize)
                    """
                ) { (row) throws(DatabaseError) in (id: try row.int64("id"), isLeft: try row.bool("is_left")) }
            }
            let ids = orders.filter(\.isLeft).map(\.id)
            if !ids.isEmpty { count += try eraseOrders(ids: ids) }
            guard orders.count == OrderEraser.batchSize, let last = orders.last else { return count }
            lastID = last.id
        }
        return nil
    }

    private func eraseOrders(ids: [Int64]) throws(DatabaseError) -> Int {
        let count = try database.transaction(by: OrderEraser.stepDeadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try transaction.execute(
                """
                UPDATE orders FORCE INDEX (PRIMARY) SET customer_name = '', customer_email = '', customer_phone = ''
                WHERE id IN \(list: ids) ORDER BY id
                """
            ).affectedRows
        }
        faultPoint("erasures.between-batches")
        return count
    }

    /// All keys are walked over, since none names a customer: it costs what reading them costs, and those who order nothing.
    private func eraseReplies(of customerIDs: [Int64], _ stop: StopToken) throws(DatabaseError) -> Int? {
        var condition: SQL = "FALSE"
        for id in customerIDs {
            condition.append(
                " OR LOCATE(\(Array(#""customer_id":\#(id),"customer":{"#.utf8)), response_body) > 0")
        }
        let ids = Set(customerIDs)
        var (count, position) = (0, KeptReplyID.start)
        while !stop.isStopRequested {
            let page = try database.read(by: OrderEraser.stepDeadline) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try idempotency.replies(
                    after: position, limit: OrderEraser.pageSize, where: condition, in: session)
            }
            for reply in page where reply.isMet {
                let isRewritten = try database.transaction(
                    by: OrderEraser.stepDeadline, ifCommitIsLost: .runAgain
                ) { (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                    try idempotency.rewrite(reply.id, in: transaction) { OrderEraser.erased($0, of: ids) }
                }
                if isRewritten { count += 1 }
            }
            guard page.count == OrderEraser.pageSize, let last = page.last else { return count }
            position = last.id
        }
        return nil
    }

    /// - Returns: nil for the reply that tells of no order of theirs.
    private static func erased(_ body: [UInt8], of customerIDs: Set<Int64>) -> [UInt8]? {
        guard let reply = try? JSONParser.parse(body).object, let order = reply["data"]?.object,
            let id = order["customer_id"]?.integer, customerIDs.contains(id)
        else { return nil }
        return JSONWriter.bytes(
            of: JSONValue.object(reply.replacing("data", with: .object(order.replacing("customer", with: .null)))))
    }

    private static var stepDeadline: Deadline { .after(milliseconds: stepMilliseconds) }
}
