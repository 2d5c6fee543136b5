import Concurrency
import CustomerLookup
import FaultPoints
import Idempotency
import MySQL
import Telemetry

/// Accepts asynchronous orders: fixes the prices, and leaves the rest to the order's saga. Nobody else is asked, so that an order can
/// be accepted while the Customers API and the payment gateway are away.
struct OrderPlacement: Sendable {
    let database: Database
    let orders: OrderStore
    let products: ProductStore
    let events: OrderEventStore
    let idempotency: IdempotencyStore
    let sagas: SagaService
    /// Whether orders are accepted.
    let isOn: Bool
    let metrics: OrderMetrics

    /// Makes an order that is PENDING, with its first event and its saga, in one transaction.
    ///
    /// - Throws: `.asynchronousOff`, `.productsNotFound`, `.productsInactive`, `.totalTooLarge`.
    func place(
        _ placed: PlacedOrder, for customerID: Int64, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        guard isOn else {
            // What was accepted before is answered as it was.
            if let claim = keeping.claim, try isTaken(claim, call) { throw .database(IdempotencyStore.keyTaken) }
            throw .asynchronousOff
        }
        guard let draft = OrderDraft(customerID: customerID, lines: placed.lines) else { throw .totalTooLarge }
        let lease = SagaRunner.newFirstLease()
        let origin = OrderOrigin(key: keeping.claim?.key, call)
        let (kept, saga) = try database.transaction(
            for: call, ifCommitIsLost: keeping.claim == nil ? .report : .runAgain
        ) { (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            let found = try products.find(ids: draft.lines.map(\.productID), in: transaction)
            let priced = try draft.priced(found, needsStock: false)
            let order = try insert(priced, of: customerID, placed.paymentMethod, origin, in: transaction)
            let kept = try idempotency.record(order, keeping, in: transaction)
            try orders.insert(order.items, orderID: order.id, in: transaction)
            let saga = SagaService.new(
                orderID: order.id, at: .reserve,
                deadlineAt: order.createdAt.adding(seconds: sagas.deadlineMinutes * 60),
                traceparent: call.trace.traceparent)
            try sagas.sagas.insert(saga, leaseSeconds: sagas.firstLeaseSeconds(at: saga.step), in: transaction)
            try events.append(OrderEvent(order, after: nil, call.trace), in: transaction)
            faultPoint("orders.accept.before-commit")
            return (kept, saga)
        }
        metrics.noteTransition(.async, to: .pending)
        sagas.runner?.begin(saga, lease: lease)
        sagas.didCommit([kept.value.id])
        faultPoint("orders.accept.after-commit")
        return kept
    }

    private func isTaken(_ claim: IdempotencyClaim, _ call: CallContext) throws(OrderError) -> Bool {
        do throws(DatabaseError) {
            if case .unseen = try idempotency.find(claim, in: database, for: call) { return false }
            return true
        } catch {
            throw .database(error)
        }
    }

    private func insert(
        _ priced: PricedOrder, of customerID: Int64, _ paymentMethod: String?, _ origin: OrderOrigin,
        in transaction: borrowing Transaction<OrderError>
    ) throws(OrderError) -> Order {
        let id = try orders.insertPending(
            customerID: customerID, totalCents: priced.totalCents, paymentMethod: paymentMethod, from: origin,
            at: priced.pricedAt, in: transaction)
        return Order(
            id: id, version: Order.firstVersion,
            customer: CustomerSnapshot(id: customerID, name: "", email: "", phone: ""), status: .pending,
            totalCents: priced.totalCents, items: priced.items, createdAt: priced.pricedAt, flow: .async,
            paymentMethod: paymentMethod)
    }
}
