import Concurrency
import CustomerLookup
import FaultPoints
import Idempotency
import MySQL
import Telemetry

/// What can be done with orders. Each change, the stock it moves and the reply to it commit together, or none does.
///
/// Locks are taken in the same order: the order's row, the key's row, the products' rows by ascending id. The one exception,
/// an order that holds its products while it is priced, can wait in a circle only with a repetition of itself under its key;
/// the database ends that, and the transaction runs again.
struct OrderService {
    /// How often an order is priced without holding its products. Where a price or the stock changed between reading and
    /// taking three times running, others are so many that the order had better make them wait.
    private static let freePricingAttemptsMax = 3

    let database: Database
    let store: OrderStore
    let products: ProductStore
    let idempotency: IdempotencyStore
    let customers: CustomerDirectory
    let events: OrderEventStore
    let sagas: SagaService
    let cancelWindowMinutes: Int
    let metrics: OrderMetrics
    /// Called when events have committed.
    let didCommitEvents: @Sendable () -> Void

    /// Asks for the customer, makes an order and takes its stock.
    ///
    /// - Throws: `.customer`, `.productsNotFound`, `.productsInactive`, `.insufficientStock`, `.totalTooLarge`.
    func create(
        _ draft: OrderDraft, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        let origin = OrderOrigin(key: keeping.claim?.key, call)
        if let known = customers.known(id: draft.customerID) {
            return try create(draft, for: known, from: origin, keeping, call)
        }
        // Whoever is asked may be slow or down; a key that has its reply needs nobody.
        if let claim = keeping.claim, try isTaken(claim, call) { throw .database(IdempotencyStore.keyTaken) }
        let customer: CustomerSnapshot
        faultPoint("orders.customer.before-send")
        do { customer = try customers.activeCustomer(id: draft.customerID, call) } catch { throw .customer(error) }
        faultPoint("orders.customer.after-send")
        return try create(draft, for: customer, from: origin, keeping, call)
    }

    /// Makes an order for a customer whom the caller has asked for, and takes its stock; nobody is asked again.
    ///
    /// - Throws: `.keyUnknown` without a customer; otherwise as above.
    func createForSnapshot(
        _ new: SnapshotOrder, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        guard let customer = new.customer else { throw .keyUnknown }
        let origin = OrderOrigin(key: new.callersKey ?? keeping.claim?.key, call)
        return try create(new.draft, for: customer, from: origin, keeping, call)
    }

    private func create(
        _ draft: OrderDraft, for customer: CustomerSnapshot, from origin: OrderOrigin, _ keeping: ReplyKeeping<Order>,
        _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        do throws(OrderError) { return try createPricing(draft, for: customer, from: origin, keeping, call) } catch {
            if case .insufficientStock = error { metrics.noteStockRefusal() }
            throw error
        }
    }

    private func createPricing(
        _ draft: OrderDraft, for customer: CustomerSnapshot, from origin: OrderOrigin, _ keeping: ReplyKeeping<Order>,
        _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        let ids = draft.lines.map(\.productID)
        for attempt in 0...OrderService.freePricingAttemptsMax {
            let placed = try placing(keeping, call) {
                (transaction: borrowing Transaction<PlacementFailure>) throws(PlacementFailure) in
                let found =
                    attempt < OrderService.freePricingAttemptsMax
                    ? try products.find(ids: ids, in: transaction) : try products.lock(ids: ids, in: transaction)
                let priced: PricedOrder
                do throws(OrderError) { priced = try draft.priced(found) } catch { throw .refused(error) }
                return try place(priced, for: customer, from: origin, keeping, call.trace, in: transaction)
            }
            if let placed { return placed }
        }
        // What is held cannot move.
        throw .database(.conflict)
    }

    /// Whether the key has been used, or is no longer free for another reason.
    private func isTaken(_ claim: IdempotencyClaim, _ call: CallContext) throws(OrderError) -> Bool {
        do {
            if case .unseen = try idempotency.find(claim, in: database, for: call) { return false }
            return true
        } catch {
            throw .database(error)
        }
    }

    /// Confirms an order that is CREATED.
    ///
    /// - Throws: `.notFound`, `.notConfirmable`, `.expired`.
    func confirm(
        id: Int64, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        let kept = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard let (order, now) = try store.lock(id: id, in: transaction) else { throw .notFound }
            let confirmed = try order.confirmed(at: now)
            let kept = try idempotency.record(confirmed, keeping, in: transaction)
            try write(confirmed, after: order, call.trace, in: transaction)
            faultPoint("orders.confirm.before-commit")
            return kept
        }
        metrics.noteTransition(.sync, to: .confirmed)
        didCommitEvents()
        faultPoint("orders.confirm.after-commit")
        return kept
    }

    /// Cancels an order and returns its stock; one that is canceled already is left as it stands.
    ///
    /// - Throws: `.notFound`, `.notCancelable`, `.rejected`, `.paymentInProgress`.
    func cancel(
        id: Int64, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> { try cancel(id: id, of: nil, keeping, call) }

    /// As `cancel`, of one customer's orders.
    ///
    /// - Parameter customerID: nil for everybody's.
    /// - Throws: also `.notFound` for the order of somebody else.
    func cancel(
        id: Int64, of customerID: Int64?, _ keeping: ReplyKeeping<Order>, _ call: CallContext
    ) throws(OrderError) -> Kept<Order> {
        let lease = SagaRunner.newFirstLease()
        // Repeating it is safe even without a key: the second time finds the order canceled.
        let (kept, begun, former) = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard let (order, now) = try store.lock(id: id, in: transaction), order.isVisible(to: customerID) else {
                throw .notFound
            }
            let saga = order.flow == .sync ? nil : try sagas.sagas.lock(orderID: id, in: transaction)
            let end = try order.ended(at: saga?.step, now: now, windowMinutes: cancelWindowMinutes)
            let kept = try idempotency.record(end.order, keeping, in: transaction)
            var begun: Saga?
            if order.status != .canceled {
                begun = try sagas.write(end, after: order, saga, now: now, call.trace, in: transaction)
            }
            faultPoint("orders.cancel.before-commit")
            return (kept, begun, order)
        }
        if former.status != .canceled { metrics.noteTransition(former.flow, to: .canceled) }
        sagas.didCommit([id])
        if let begun { sagas.runner?.begin(begun, lease: lease) }
        faultPoint("orders.cancel.after-commit")
        return kept
    }

    /// Cancels an order that was not confirmed in time.
    ///
    /// - Returns: whether it was still CREATED, so that it is this call which canceled it.
    func expire(id: Int64, by deadline: Deadline, tracer: Tracer? = nil) throws(OrderError) -> Bool {
        let isExpired = try database.transaction(by: deadline, ifCommitIsLost: .runAgain, tracer: tracer) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            guard let (order, now) = try store.lock(id: id, in: transaction), order.status == .created
            else { return false }
            let canceled = try order.canceled(at: now, because: .expired, windowMinutes: 0)
            try writeCanceled(canceled, after: order, nil, in: transaction)
            return true
        }
        if isExpired {
            metrics.noteTransition(.sync, to: .canceled)
            didCommitEvents()
        }
        return isExpired
    }

    /// - Throws: `.notFound`.
    func get(id: Int64, _ call: CallContext) throws(OrderError) -> Order { try get(id: id, of: nil, call) }

    /// As `get`, of one customer's orders.
    ///
    /// - Parameter customerID: nil for everybody's.
    func get(id: Int64, of customerID: Int64?, _ call: CallContext) throws(OrderError) -> Order {
        let order = try database.read(for: call) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try store.find(id: id, in: session)
        }
        guard let order, order.isVisible(to: customerID) else { throw .notFound }
        return order
    }

    /// Orders below `beforeID`, newest first.
    func list(
        _ filter: OrderFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(OrderError) -> [Order] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try store.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }

    /// A transaction that makes an order.
    ///
    /// - Returns: nil if a product's price, stock or state was no longer what the items were priced by; nothing was made then.
    private func placing(
        _ keeping: ReplyKeeping<Order>, _ call: CallContext,
        _ body: (borrowing Transaction<PlacementFailure>) throws(PlacementFailure) -> Kept<Order>
    ) throws(OrderError) -> Kept<Order>? {
        let kept: Kept<Order>
        do {
            kept = try database.transaction(
                for: call, ifCommitIsLost: keeping.claim == nil ? .report : .runAgain, body)
        } catch {
            switch error {
            case .stockMoved: return nil
            case .refused(let refusal): throw refusal
            }
        }
        metrics.noteTransition(.sync, to: .created)
        didCommitEvents()
        faultPoint("orders.create.after-commit")
        return kept
    }

    private func place(
        _ priced: PricedOrder, for customer: CustomerSnapshot, from origin: OrderOrigin,
        _ keeping: ReplyKeeping<Order>, _ trace: TraceContext, in transaction: borrowing Transaction<PlacementFailure>
    ) throws(PlacementFailure) -> Kept<Order> {
        let id = try store.insert(
            customer, totalCents: priced.totalCents, from: origin, at: priced.pricedAt, in: transaction)
        let order = Order(
            id: id, version: Order.firstVersion, customer: customer, status: .created, totalCents: priced.totalCents,
            items: priced.items,
            createdAt: priced.pricedAt)
        // Before the stock: a concurrent request with the same key waits here, holding nothing that others need.
        let kept = try idempotency.record(order, keeping, in: transaction)
        try store.insert(priced.items, orderID: id, in: transaction)
        try events.append(OrderEvent(order, after: nil, trace), in: transaction)
        guard try products.takeStock(for: priced.items, in: transaction) else { throw .stockMoved }
        faultPoint("orders.create.before-commit")
        return kept
    }
}

/// Why an order was not placed.
private enum PlacementFailure: DatabaseFailure {
    /// A product changed between being read and being taken: price anew.
    case stockMoved
    case refused(OrderError)

    init(_ error: DatabaseError) { self = .refused(.database(error)) }

    var databaseError: DatabaseError? {
        if case .refused(let refusal) = self { refusal.databaseError } else { nil }
    }
}
