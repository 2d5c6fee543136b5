import Concurrency
import DatabaseWebService
import Idempotency
import JSON
import MySQL
import Telemetry
import WebhookSignatures

/// What can be done with webhook endpoints. Each change and the reply to it commit together, or neither does.
struct EndpointService {
    let database: Database
    let store: EndpointStore
    let secrets: EndpointSecrets
    let cursor: FeedCursorStore
    let idempotency: IdempotencyStore
    let targets: TargetRule
    /// The channels that the service has settings for.
    let channels: Set<Endpoint.Channel>
    let wake: DeliveryWake

    /// - Throws: `.targetRefused`, `.channelNotConfigured`, `.limitReached`.
    func create(
        _ new: NewEndpoint, _ keeping: ReplyKeeping<IssuedEndpoint>, _ call: CallContext
    ) throws(EndpointError) -> Kept<IssuedEndpoint> {
        let target = try checked(new.target)
        guard channels.contains(target.channel) else { throw .channelNotConfigured(target.channel) }
        let secret = target.channel == .webhook ? SigningSecret.generate() : nil
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            try holdPlace(in: transaction)
            let now = try transaction.now()
            let id = try store.insert(new, target: target, at: now, in: transaction)
            if let secret { try secrets.begin(secret, endpointID: id, in: transaction) }
            let endpoint = Endpoint(
                id: id, target: target, types: new.types, description: new.description, status: .active,
                createdAt: now, updatedAt: now, version: 1)
            return IssuedEndpoint(endpoint: endpoint, secretText: secret?.text)
        }
        wake.noteEndpoints()
        return kept
    }

    /// - Parameter expected: the versions that the changes are meant for.
    /// - Throws: `.notFound`, `.stale`, `.targetRefused`, `.notOfChannel`, `.limitReached`.
    func update(
        id: Int64, _ changes: EndpointChanges, of expected: ExpectedVersion, _ keeping: ReplyKeeping<Endpoint>,
        _ call: CallContext
    ) throws(EndpointError) -> Kept<Endpoint> {
        var changes = changes
        if case .value(let url) = changes.target.url { changes.target.url = .value(try checked(url)) }
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            if case .value(true) = changes.isActive { try cursor.hold(in: transaction) }
            guard let (endpoint, now) = try store.lock(id: id, in: transaction) else { throw .notFound }
            guard expected.permits(endpoint.version) else { throw .stale }
            let misplaced = changes.target.misplaced(in: endpoint.target.channel)
            guard misplaced.isEmpty else { throw .notOfChannel(misplaced, endpoint.target.channel) }
            let changed = changes.applied(to: endpoint, at: now)
            if endpoint.status == .inactive, changed.status != .inactive { try checkCount(in: transaction) }
            if changed.version != endpoint.version { try store.update(changed, in: transaction) }
            return changed
        }
        wake.noteEndpoints()
        return kept
    }

    /// Has the endpoint sent to again, whatever took it out.
    ///
    /// - Throws: `.notFound`, `.limitReached`.
    func enable(
        id: Int64, _ keeping: ReplyKeeping<Endpoint>, _ call: CallContext
    ) throws(EndpointError) -> Kept<Endpoint> {
        // Repeating it is safe even without a key: the second time finds it enabled.
        let kept = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            try cursor.hold(in: transaction)
            guard let (endpoint, now) = try store.lock(id: id, in: transaction) else { throw .notFound }
            if endpoint.status == .inactive { try checkCount(in: transaction) }
            let enabled = endpoint.enabled(at: now)
            if enabled.version != endpoint.version { try store.update(enabled, in: transaction) }
            return try idempotency.record(enabled, keeping, in: transaction)
        }
        wake.noteEndpoints()
        return kept
    }

    /// - Throws: `.notFound`, `.noSecret`.
    func rotateSecret(
        id: Int64, _ keeping: ReplyKeeping<IssuedEndpoint>, _ call: CallContext
    ) throws(EndpointError) -> Kept<IssuedEndpoint> {
        let secret = SigningSecret.generate()
        let kept = try idempotency.change(keeping, in: database, for: call) {
            (transaction: borrowing Transaction<EndpointError>) throws(EndpointError) in
            guard let channel = try store.lock(id: id, in: transaction)?.endpoint.target.channel else {
                throw .notFound
            }
            guard channel == .webhook else { throw .noSecret(channel) }
            try secrets.rotate(to: secret, endpointID: id, in: transaction)
            guard let endpoint = try store.find(id: id, in: transaction) else { throw .notFound }
            return IssuedEndpoint(endpoint: endpoint, secretText: secret.text)
        }
        wake.noteEndpoints()
        return kept
    }

    /// - Throws: `.notFound`.
    func get(id: Int64, _ call: CallContext) throws(EndpointError) -> Endpoint {
        let endpoint = try database.read(for: call) {
            (session: borrowing ReadSession<EndpointError>) throws(EndpointError) in
            try store.find(id: id, in: session)
        }
        guard let endpoint else { throw .notFound }
        return endpoint
    }

    /// Endpoints below `beforeID`, newest first.
    func list(
        _ filter: EndpointFilter, beforeID: Int64?, limit: Int, _ call: CallContext
    ) throws(EndpointError) -> [Endpoint] {
        try database.read(.list, for: call) {
            (session: borrowing ReadSession<EndpointError>) throws(EndpointError) in
            try store.list(filter, beforeID: beforeID, limit: limit, in: session)
        }
    }

    private func checked(_ target: EndpointTarget) throws(EndpointError) -> EndpointTarget {
        guard case .webhook(let url) = target else { return target }
        return .webhook(url: try checked(url))
    }

    private func checked(_ url: String) throws(EndpointError) -> String {
        do throws(TargetRefusal) { return try targets.normalized(url) } catch { throw .targetRefused(error) }
    }

    /// Makes sure that there is a place for one more endpoint, and that the feed's reader sees it from a certain event on.
    private func holdPlace(in transaction: borrowing Transaction<EndpointError>) throws(EndpointError) {
        // One row that every new endpoint needs: two that come at once are counted one after the other.
        try cursor.hold(in: transaction)
        try checkCount(in: transaction)
    }

    private func checkCount(in transaction: borrowing Transaction<EndpointError>) throws(EndpointError) {
        guard try store.countInUse(in: transaction) < Endpoint.countMax else { throw .limitReached }
    }
}
