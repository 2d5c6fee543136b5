import Concurrency
import DatabaseWebService
import Idempotency
import MySQL
import Telemetry

/// What can be done with deliveries. Each change and the reply to it commit together, or neither does.
struct DeliveryService {
    let database: Database
    let store: DeliveryStore
    let attempts: AttemptStore
    let lanes: LaneStore
    let endpoints: EndpointStore
    let idempotency: IdempotencyStore
    let wake: DeliveryWake

    /// - Throws: `.notFound`.
    func get(id: Int64, _ call: CallContext) throws(DeliveryError) -> DeliveryDetail {
        try database.read(for: call) {
            (session: borrowing ReadSession<DeliveryError>) throws(DeliveryError) in
            guard let delivery = try store.find(id: id, in: session) else { throw .notFound }
            // Its body is kept for as long as the delivery is; it can only be gone with it, a moment ago.
            guard let body = try store.body(of: delivery, in: session) else { throw .notFound }
            return DeliveryDetail(
                delivery: delivery, body: body,
                attempts: try attempts.list(deliveryID: id, limit: DeliveryDetail.attemptsMax, in: session))
        }
    }

    /// Deliveries below `beforeID`, newest first.
    func list(
        _ filter: DeliveryFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(DeliveryError) -> [Delivery] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<DeliveryError>) throws(DeliveryError) in
            try store.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }

    /// Sends a delivery again, whatever became of it; one that is yet to be made comes back as it stands.
    ///
    /// - Throws: `.notFound`, `.endpointNotActive`.
    func redeliver(
        id: Int64, _ keeping: ReplyKeeping<Delivery>, _ call: CallContext
    ) throws(DeliveryError) -> Kept<Delivery> {
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<DeliveryError>) throws(DeliveryError) in
            guard let found = try store.find(id: id, in: transaction) else { throw .notFound }
            guard let endpoint = try endpoints.find(id: found.lane.endpointID, in: transaction) else { throw .notFound }
            guard endpoint.status == .active else { throw .endpointNotActive(endpoint.status) }
            try lanes.open(found.lane, in: transaction)
            _ = try store.restart(ids: [id], from: [.delivered, .dead, .discarded], in: transaction)
            guard let delivery = try store.find(id: id, in: transaction) else { throw .notFound }
            return delivery
        }
        wake.noteQueued()
        return kept
    }

    /// Sends dead deliveries again, the oldest first.
    func redrive(
        _ selection: DeliverySelection, _ keeping: ReplyKeeping<DeliveryCount>, _ call: CallContext
    ) throws(DeliveryError) -> Kept<DeliveryCount> {
        try change(selection, keeping, call) { (ids, transaction) throws(DeliveryError) in
            try store.restart(ids: ids, from: [.dead], in: transaction)
        }
    }

    /// Gives deliveries up, the oldest first; the next ones of their lanes are sent.
    func discard(
        _ selection: DeliverySelection, _ keeping: ReplyKeeping<DeliveryCount>, _ call: CallContext
    ) throws(DeliveryError) -> Kept<DeliveryCount> {
        try change(selection, keeping, call) { (ids, transaction) throws(DeliveryError) in
            let count = try store.discard(ids: ids, from: selection.state, in: transaction)
            // Nobody claims the lanes of an endpoint that is not active.
            try lanes.closeEmpty(ofDeliveries: ids, in: transaction)
            return count
        }
    }

    private func change(
        _ selection: DeliverySelection, _ keeping: ReplyKeeping<DeliveryCount>, _ call: CallContext,
        _ change: (_ ids: [Int64], borrowing Transaction<DeliveryError>) throws(DeliveryError) -> Int
    ) throws(DeliveryError) -> Kept<DeliveryCount> {
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<DeliveryError>) throws(DeliveryError) in
            let found = try store.ids(selection, limit: DeliverySelection.countMax + 1, in: transaction)
            let ids = Array(found.prefix(DeliverySelection.countMax))
            guard !ids.isEmpty else { return DeliveryCount(count: 0, hasMore: false) }
            try lanes.open(ofDeliveries: ids, in: transaction)
            return DeliveryCount(count: try change(ids, transaction), hasMore: found.count > ids.count)
        }
        wake.noteQueued()
        return kept
    }
}
