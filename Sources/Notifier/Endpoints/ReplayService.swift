import Concurrency
import DatabaseWebService
import Idempotency
import MySQL
import Telemetry

/// Sends an endpoint what it was sent already, or a test event. Both are queued in lanes of their own, so that they neither wait for
/// what is delivered meanwhile nor keep it waiting.
struct ReplayService {
    let database: Database
    let endpoints: EndpointStore
    let store: ReplayStore
    let deliveries: DeliveryStore
    let lanes: LaneStore
    let idempotency: IdempotencyStore
    let wake: DeliveryWake

    /// Queues a test event.
    ///
    /// - Throws: `.notFound`, `.notActive`, `.noRecipient`.
    func test(
        id: Int64, _ keeping: ReplyKeeping<Delivery>, _ call: CallContext
    ) throws(EndpointError) -> Kept<Delivery> {
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            guard try !checkActive(id, in: transaction).target.isCustomer else { throw .noRecipient }
            let now = try transaction.now()
            let replay = try store.begin(endpointID: id, at: now, in: transaction)
            let lane = Lane(endpointID: id, orderID: Delivery.noOrder, replay: replay)
            try lanes.open(lane, in: transaction)
            return try deliveries.insert(
                TestEvent(endpointID: id, at: now), in: lane, at: now, transaction)
        }
        wake.noteQueued()
        return kept
    }

    /// Queues events again.
    ///
    /// - Throws: `.notFound`, `.notActive`.
    func replay(
        id: Int64, _ new: NewReplay, _ keeping: ReplyKeeping<Replay>, _ call: CallContext
    ) throws(EndpointError) -> Kept<Replay> {
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            let endpoint = try checkActive(id, in: transaction)
            let now = try transaction.now()
            let replay: Int64
            if let known = new.replay {
                guard try store.exists(known, endpointID: id, in: transaction) else { throw .notFound }
                replay = known
            } else {
                replay = try store.begin(endpointID: id, at: now, in: transaction)
            }
            let lastSeq = try store.lastOfPage(
                from: new.fromSeq, to: new.toSeq, limit: Replay.eventsMax, in: transaction)
            guard let lastSeq else { return Replay(id: replay, endpointID: id, queuedCount: 0, nextFromSeq: nil) }
            let selection = ReplaySelection(
                seqs: new.fromSeq...lastSeq.seq, types: [endpoint.types, new.types].compactMap { $0 },
                onlyFailed: new.onlyFailed)
            try lanes.open(endpointID: id, replay: replay, selection, in: transaction)
            let count = try deliveries.insert(endpointID: id, replay: replay, selection, at: now, in: transaction)
            return Replay(
                id: replay, endpointID: id, queuedCount: count, nextFromSeq: lastSeq.isLast ? nil : lastSeq.seq + 1)
        }
        wake.noteQueued()
        return kept
    }

    private func checkActive(
        _ id: Int64, in transaction: borrowing Transaction<EndpointError>
    ) throws(EndpointError) -> Endpoint {
        guard let endpoint = try endpoints.find(id: id, in: transaction) else { throw .notFound }
        guard endpoint.status == .active else { throw .notActive(endpoint.status) }
        return endpoint
    }
}
