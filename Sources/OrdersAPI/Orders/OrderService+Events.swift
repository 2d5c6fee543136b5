import Concurrency
import MySQL
import Telemetry

// What is written with each change of an order: its state, and the event that tells of it.
extension OrderService {
    /// Writes the order's new state, and the event that tells of it.
    func write(
        _ order: Order, after former: Order, _ trace: TraceContext?, in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try store.updateStatus(order, in: transaction)
        try events.append(OrderEvent(order, after: former.status, trace), in: transaction)
    }

    /// Writes that an order is canceled, and returns its stock.
    func writeCanceled(
        _ canceled: Order, after former: Order, _ trace: TraceContext?,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) {
        try write(canceled, after: former, trace, in: transaction)
        try products.returnStock(of: canceled.items, in: transaction)
    }

    /// Appends an event that tells of the order's state, if its last one tells of another.
    ///
    /// - Returns: whether there was something to tell.
    func tellState(id: Int64, by deadline: Deadline) throws(OrderError) -> Bool {
        try database.transaction(by: deadline, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard var (order, _) = try store.lock(id: id, in: transaction) else { return false }
            let told = try events.lastKind(of: order, in: transaction)
            guard told != OrderEvent.Kind(order.status) else { return false }
            let former = told?.status(in: order.flow)
            order.version += 1
            try store.updateVersion(order, in: transaction)
            try events.append(OrderEvent(order, after: former, nil), in: transaction)
            return true
        }
    }
}
