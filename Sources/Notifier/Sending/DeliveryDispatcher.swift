import Concurrency
import MySQL
import Telemetry
import WebhookSignatures

/// Claims what is due and hands it to the senders, as far as the gates allow.
final class DeliveryDispatcher: Sendable {
    /// 1 s: how soon this process notices what another one has queued, or changed of an endpoint.
    private static let pollMilliseconds = 1000
    private static let storeMilliseconds = 5000
    /// 60 s: as often a claim starts at the beginning, whatever was claimed before.
    private static let fullClaimMilliseconds = 60_000

    /// 64 lanes a transaction: what 16 threads have in flight and before them, several times over; a few milliseconds.
    private static let claimMax = 64

    private struct ClaimStart {
        let from: Timestamp
        let goodUntil: Deadline
    }

    private struct State {
        var starts: [Int64: ClaimStart] = [:]
        var targetsGoodUntil = Deadline(uptimeNanoseconds: 0)
        /// Endpoints that cannot be sent to, which the log has been told of.
        var unusable: [Int64: Unusable] = [:]
    }

    /// Why nothing can be sent to an endpoint, which is the operator's to mend.
    private enum Unusable: String {
        case secret = "no key of SECRETS_KEY opens the endpoint's secret"
        case channel = "there are no settings for the endpoint's channel"
    }

    private let database: Database
    private let lanes: LaneStore
    private let attempts: AttemptStore
    private let endpoints: EndpointStore
    private let secrets: EndpointSecrets
    private let channels: Set<Endpoint.Channel>
    private let gates: DeliveryGates
    private let wake: DeliveryWake
    private let logger: Logger
    private let state = Lock(State())

    /// - Parameter channels: those that the service has settings for.
    init(
        database: Database, lanes: LaneStore, attempts: AttemptStore, endpoints: EndpointStore,
        secrets: EndpointSecrets, channels: Set<Endpoint.Channel>, gates: DeliveryGates, wake: DeliveryWake,
        logger: Logger
    ) {
        self.database = database
        self.lanes = lanes
        self.attempts = attempts
        self.endpoints = endpoints
        self.secrets = secrets
        self.channels = channels
        self.gates = gates
        self.wake = wake
        self.logger = logger
    }

    var worker: Worker {
        Worker("delivery-dispatcher") { [self] stop in
            while !stop.isStopRequested {
                let version = wake.signal.version
                run()
                let poll = Deadline.after(milliseconds: DeliveryDispatcher.pollMilliseconds)
                // 1 ms at least: a probe that is due now and finds no place must not keep a processor busy.
                let end = max(min(poll, gates.nextDue), .after(milliseconds: 1))
                if !wake.signal.wait(after: version, by: end) { gates.noteDue() }
            }
            gates.abandonAll()
            giveBack()
            return .never
        }
    }

    /// Claims what is due and may be begun.
    func run() {
        do throws(DatabaseError) {
            try refreshTargets()
            for part in DeliveryDispatcher.parts(gates.wanted()) { try claim(part) }
        } catch {
            logger.warning("deliveries not claimed", ["cause": error.description])
        }
        giveBack()
    }

    private func claim(_ wanted: [(endpointID: Int64, limit: Int)]) throws(DatabaseError) {
        let known = state.withLock { state in
            wanted.map { state.starts[$0.endpointID].flatMap { $0.goodUntil.hasPassed ? nil : $0 } }
        }
        let wishes = zip(wanted, known).map {
            LaneStore.Wish(endpointID: $0.endpointID, limit: $0.limit, start: $1?.from)
        }
        let claims = try database.transaction(by: .after(milliseconds: DeliveryDispatcher.storeMilliseconds)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            var claims = try lanes.claim(wishes, in: transaction)
            let claimed = claims.flatMap { $0.lanes.map(\.lane) }
            let next = claimed.isEmpty ? [:] : try attempts.next(in: claimed, transaction)
            for index in claims.indices {
                for lane in claims[index].lanes.indices {
                    claims[index].lanes[lane].next = next[claims[index].lanes[lane].lane]
                }
            }
            return claims
        }
        for (index, claim) in claims.enumerated() {
            let wish = wishes[index]
            let goodUntil =
                known[index]?.goodUntil ?? Deadline.after(milliseconds: DeliveryDispatcher.fullClaimMilliseconds)
            state.withLock { $0.starts[wish.endpointID] = ClaimStart(from: claim.end, goodUntil: goodUntil) }
            gates.add(claim.lanes, endpointID: wish.endpointID, isAll: claim.lanes.count < wish.limit)
        }
    }

    /// Parts that are claimed in one transaction each.
    private static func parts(
        _ wanted: [(endpointID: Int64, limit: Int)]
    ) -> [[(endpointID: Int64, limit: Int)]] {
        var parts: [[(endpointID: Int64, limit: Int)]] = []
        var count = 0
        for wish in wanted {
            if parts.isEmpty || count + wish.limit > DeliveryDispatcher.claimMax {
                parts.append([])
                count = 0
            }
            parts[parts.count - 1].append(wish)
            count += wish.limit
        }
        return parts
    }

    private func refreshTargets() throws(DatabaseError) {
        let isChanged = wake.takeEndpoints()
        guard isChanged || state.withLock({ $0.targetsGoodUntil.hasPassed }) else { return }
        let (targets, unusable) = try database.read(by: .after(milliseconds: DeliveryDispatcher.storeMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try self.targets(in: session)
        }
        tell(unusable)
        gates.update(targets)
        state.withLock {
            $0.targetsGoodUntil = Deadline.after(milliseconds: DeliveryDispatcher.pollMilliseconds)
        }
    }

    private func targets(
        in session: borrowing ReadSession<DatabaseError>
    ) throws(DatabaseError) -> (targets: [DeliveryTarget], unusable: [Int64: Unusable]) {
        var targets: [DeliveryTarget] = []
        var unusable: [Int64: Unusable] = [:]
        for endpoint in try endpoints.active(in: session) {
            let channel = endpoint.target.channel
            guard channels.contains(channel) else {
                unusable[endpoint.id] = .channel
                continue
            }
            do throws(EndpointSecrets.OpenError) {
                let signing = channel == .webhook ? try secrets.signing(endpointID: endpoint.id, in: session) : []
                targets.append(
                    DeliveryTarget(
                        endpointID: endpoint.id, target: endpoint.target, secrets: signing,
                        isFailing: endpoint.failingSince != nil))
            } catch {
                if case .database(let error) = error { throw error }
                unusable[endpoint.id] = .secret
            }
        }
        return (targets, unusable)
    }

    /// Nothing is sent unsigned, and no attempt is counted against an endpoint for what is the operator's to mend.
    private func tell(_ unusable: [Int64: Unusable]) {
        let new = state.withLock { state in
            defer { state.unusable = unusable }
            return unusable.filter { state.unusable[$0.key] != $0.value }
        }
        for (id, reason) in new.sorted(by: { $0.key < $1.key }) {
            logger.error(reason.rawValue, ["endpoint_id": id])
        }
    }

    private func giveBack() {
        let abandoned = gates.takeAbandoned()
        guard !abandoned.isEmpty else { return }
        do throws(DatabaseError) {
            try database.transaction(
                by: .after(milliseconds: DeliveryDispatcher.storeMilliseconds), ifCommitIsLost: .runAgain
            ) { (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try lanes.release(abandoned, in: transaction)
            }
        } catch {
            // Their leases end by themselves.
            logger.warning("claimed deliveries not given back", ["cause": error.description])
        }
    }
}
