import Concurrency
import CustomerLookup
import FaultPoints
import MySQL
import Telemetry

/// The step RESERVE, for many orders at once: asks for their customers, then takes their stock in one transaction.
struct SagaReservation: Sendable {
    /// 5 s for all customers of a batch: those who were not heard of by then are asked for later.
    private static let customersMilliseconds = 5000

    let results: SagaResults
    let customers: CustomerDirectory
    let logger: Logger
    /// Takes a span of each customer asked for; nil for nobody.
    let spans: SpanSink?

    /// Why a batch was not taken as a whole.
    private enum BatchFailure: DatabaseFailure {
        /// There is not enough of something, or it is not for sale any more.
        case shortage
        case order(OrderError)

        init(_ error: DatabaseError) { self = .order(.database(error)) }

        var databaseError: DatabaseError? {
            if case .order(let error) = self { error.databaseError } else { nil }
        }
    }

    /// A saga whose customer may order.
    private struct Ready {
        let leased: LeasedSaga
        let customer: CustomerSnapshot
        let isFree: Bool
    }

    /// Takes the stock of orders, as far as there is some.
    ///
    /// - Parameter goingOnMax: for how many payments there is a place here; where there are more orders, others may go on with them.
    /// - Returns: the sagas that go on at once.
    func run(_ batch: [LeasedSaga], goingOnMax: Int) throws(OrderError) -> [LeasedSaga] {
        let customerIDs = try customerIDs(of: batch)
        let deadline = Deadline.after(milliseconds: SagaReservation.customersMilliseconds)
        var known: [Int64: Result<CustomerSnapshot, StepFailure>] = [:]
        var ready: [Ready] = []
        for leased in batch {
            guard let (customerID, totalCents) = customerIDs[leased.saga.orderID] else { continue }
            let found = known[customerID] ?? customer(customerID, leased, by: deadline)
            known[customerID] = found
            switch found {
            case .success(let customer):
                ready.append(Ready(leased: leased, customer: customer, isFree: totalCents == 0))
            case .failure(let failure):
                _ = try results.settingAside(leased) { () throws(OrderError) in
                    try results.write(failure.result, of: leased)
                }
            }
        }
        return try reserve(ready, goingOnMax: goingOnMax)
    }

    private struct StepFailure: Error { let result: StepResult }

    private func customerIDs(
        of batch: [LeasedSaga]
    ) throws(OrderError) -> [Int64: (customerID: Int64, totalCents: Int64)] {
        let ids = batch.map(\.saga.orderID)
        let rows = try results.database.read(by: .after(milliseconds: SagaResults.storeMilliseconds)) {
            (session: borrowing ReadSession<OrderError>) throws(OrderError) in
            try results.orders.customerIDs(of: ids, in: session)
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.id, ($0.customerID, $0.totalCents)) })
    }

    private func customer(
        _ id: Int64, _ leased: LeasedSaga, by deadline: Deadline
    ) -> Result<CustomerSnapshot, StepFailure> {
        let start = Deadline.nowUptimeNanoseconds()
        let trace = TraceContext(continuing: leased.saga.traceparent, for: spans)
        let call = CallContext(
            deadline: deadline, trace: trace, correlationID: "order-\(leased.saga.orderID)", logger: logger,
            spans: spans)
        var result: StepResult = .done
        defer { call.tracer?.own(startUptimeNanoseconds: start).end(.reserve, result) }
        faultPoint("orders.customer.before-send")
        defer { faultPoint("orders.customer.after-send") }
        do throws(CustomerLookupError) { return .success(try customers.activeCustomer(id: id, call)) } catch {
            result =
                switch error {
                case .notFound: .refused(.customerNotFound)
                case .inactive: .refused(.customerInactive)
                case .unavailable(let reason, _): .unknown("The Customers API cannot be asked: \(reason)")
                case .outOfTime: .unknown("The Customers API did not answer in time.")
                }
            return .failure(StepFailure(result: result))
        }
    }

    private func reserve(_ ready: [Ready], goingOnMax: Int) throws(OrderError) -> [LeasedSaga] {
        // An order of nothing ends here; they are few.
        let paid = ready.filter { !$0.isFree }
        if paid.count > 1, let reserved = try reserveTogether(paid, goOn: paid.count <= goingOnMax) {
            return reserved + (try reserveAlone(ready.filter(\.isFree)))
        }
        return try reserveAlone(ready)
    }

    /// Takes the stock of orders one by one: what one meets that is its own must not keep the others.
    private func reserveAlone(_ ready: [Ready]) throws(OrderError) -> [LeasedSaga] {
        var goingOn: [LeasedSaga] = []
        for one in ready {
            if let next = try results.settingAside(one.leased, { () throws(OrderError) in try reserveAlone(one) }) {
                goingOn.append(next)
            }
        }
        return goingOn
    }

    /// - Parameter goOn: whether their payments are begun with here; otherwise they are due for anybody at once.
    /// - Returns: nil where there is not enough for all; nothing was taken then.
    private func reserveTogether(_ ready: [Ready], goOn: Bool) throws(OrderError) -> [LeasedSaga]? {
        let lease = SagaResults.newLease()
        // Where the database's clock goes faster than this process's, a saga is claimed again before its lease is over here: the later counts.
        let byID = Dictionary(ready.map { ($0.leased.saga.orderID, $0) }) { $1 }
        let reserved: [Saga]
        do {
            reserved = try results.database.transaction(
                by: .after(milliseconds: SagaResults.storeMilliseconds), ifCommitIsLost: .runAgain
            ) { (transaction: borrowing Transaction<BatchFailure>) throws(BatchFailure) in
                let sagas = try take(byID, goOn: goOn, in: transaction)
                faultPoint("saga.reserve.before-commit")
                return sagas
            }
        } catch {
            switch error {
            case .shortage: return nil
            case .order(let error) where error.isOfOneOrder: return nil
            case .order(let error): throw error
            }
        }
        faultPoint("saga.reserve.after-commit")
        let ids = Set(reserved.map(\.orderID))
        for one in ready where !ids.contains(one.leased.saga.orderID) { results.noteLost(one.leased) }
        results.metrics.orders.noteTransition(.async, to: .stockReserved, count: reserved.count)
        if !reserved.isEmpty { results.didCommit(reserved.map(\.orderID)) }
        return goOn ? reserved.map { LeasedSaga(saga: $0, leasedUntil: lease) } : []
    }

    /// - Returns: those sagas, at their next step, which were still the caller's.
    private func take(
        _ ready: [Int64: Ready], goOn: Bool, in transaction: borrowing Transaction<BatchFailure>
    ) throws(BatchFailure) -> [Saga] {
        let store = results.orders
        let found = try store.lock(ids: ready.keys.sorted(), in: transaction)
        let locked = try results.sagas.lock(orderIDs: found.map(\.id), in: transaction)
        guard let now = locked.now else { return [] }
        var (orders, told, sagas): ([Order], [OrderEvent], [Saga]) = ([], [], [])
        var pieces: [Int64: Int64] = [:]
        for former in found {
            guard let one = ready[former.id], var saga = locked.sagas[former.id],
                SagaResults.isHeld(saga, by: one.leased)
            else { continue }
            var order = former.advanced(to: .stockReserved, at: now)
            order.customer = one.customer
            orders.append(order)
            told.append(OrderEvent(order, after: former.status, saga.trace, at: now))
            for item in order.items { pieces[item.productID, default: 0] += item.quantity }
            saga.step = .authorize
            saga.attempts = 0
            sagas.append(saga)
        }
        guard !orders.isEmpty else { return [] }
        try store.updateReserved(orders, in: transaction)
        try results.events.append(told, in: transaction)
        try results.sagas.advanceReserved(
            orderIDs: orders.map(\.id), leaseSeconds: goOn ? SagaStore.leaseSeconds : 0, in: transaction)
        // Last, so that products are held for no longer than a COMMIT takes.
        guard try results.products.takeStock(pieces, in: transaction) else { throw .shortage }
        return sagas
    }

    /// Takes an order's stock, or rejects it.
    private func reserveAlone(_ ready: Ready) throws(OrderError) -> LeasedSaga? {
        let lease = SagaResults.newLease()
        let written = try results.written {
            (transaction) throws(OrderError) -> (SagaMove, StepResult, SagaResults.Held)? in
            guard let held = try results.lock(ready.leased, in: transaction) else { return nil }
            let order = held.order
            let found = try results.products.lock(ids: order.items.map(\.productID), in: transaction)
            let result = SagaReservation.result(order, found?.products ?? [])
            let move = SagaMachine.move(
                .reserve, result, attempts: held.saga.attempts, isLate: false, order: order)
            try results.orders.updateCustomer(orderID: order.id, ready.customer, in: transaction)
            try results.write(move, because: result, to: held, in: transaction)
            if result == .done {
                let pieces = Dictionary(order.items.map { ($0.productID, $0.quantity) }) { $0 + $1 }
                guard try results.products.takeStock(pieces, in: transaction) else { throw .database(.conflict) }
            }
            faultPoint("saga.reserve.before-commit")
            return (move, result, held)
        }
        faultPoint("saga.reserve.after-commit")
        guard let (move, result, held) = written else {
            results.noteLost(ready.leased)
            return nil
        }
        return results.note(move, because: result, held, lease)
    }

    /// Whether an order's stock can be taken, of products whose rows are held.
    private static func result(_ order: Order, _ products: [Product]) -> StepResult {
        let byID = Dictionary(uniqueKeysWithValues: products.map { ($0.id, $0) })
        if order.items.contains(where: { byID[$0.productID]?.isActive != true }) { return .refused(.productInactive) }
        let isShort = order.items.contains { (byID[$0.productID]?.stock ?? 0) < $0.quantity }
        return isShort ? .refused(.insufficientStock) : .done
    }
}
