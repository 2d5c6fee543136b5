import DatabaseWebService
import JSON
import Telemetry

/// Somebody who is told of events, and how.
struct Endpoint: VersionedRecord, Sendable {
    /// How events are delivered.
    enum Channel: String, CaseIterable, Sendable {
        case webhook
        case mail
        case telegram
    }

    enum Status: String, CaseIterable, Sendable {
        case active = "ACTIVE"
        /// It answered 410, or failed for days.
        case disabled = "DISABLED"
        /// Somebody deactivated it.
        case inactive = "INACTIVE"
    }

    enum DisabledReason: String, Sendable {
        case gone
        case failing
    }

    /// 100 that are not INACTIVE: each event is fanned out to all of them in one transaction.
    static let countMax = 100
    /// 24 hours: how long the secret before a rotation signs as well, so that receivers can be changed one after the other.
    static let previousSecretHours = 24

    let id: Int64
    var target: EndpointTarget
    /// Nil for all types.
    var types: [EventType]?
    var description: String?
    var status: Status
    var disabledReason: DisabledReason?
    /// The first of the failures since the last success.
    var failingSince: Timestamp?
    var previousSecretUntil: Timestamp?
    let createdAt: Timestamp
    var updatedAt: Timestamp
    /// Counts the changes of what can be edited, from 1.
    var version: Int64

    func encode(to writer: inout JSONWriter) { writer.object { encodeMembers(to: &$0) } }

    func encodeMembers(to writer: inout JSONWriter) {
        writer.member("id", id)
        target.encodeMembers(to: &writer)
        writer.member("types", types?.map(\.rawValue))
        writer.member("description", description)
        writer.member("status", status.rawValue)
        writer.member("is_active", status != .inactive)
        writer.member("disabled_reason", disabledReason?.rawValue)
        writer.member("failing_since", failingSince?.rfc3339)
        writer.member("previous_secret_until", previousSecretUntil?.rfc3339)
        writer.member("created_at", createdAt.rfc3339)
        writer.member("updated_at", updatedAt.rfc3339)
    }

    /// The endpoint, to be sent to again whatever took it out.
    func enabled(at now: Timestamp) -> Endpoint {
        var changed = self
        changed.status = .active
        changed.disabledReason = nil
        // The days of failures are counted anew.
        if status != .active { changed.failingSince = nil }
        return changed.following(self, at: now)
    }
}

/// What can happen to an order, as its events are called.
enum EventType: String, CaseIterable, Sendable {
    case created = "order.created"
    case stockReserved = "order.stock-reserved"
    case paid = "order.paid"
    case confirmed = "order.confirmed"
    case rejected = "order.rejected"
    case canceled = "order.canceled"
}

/// An endpoint with the secret that was just made for it, which is told this one time.
struct IssuedEndpoint: JSONEncodable, Sendable {
    let endpoint: Endpoint
    /// Nil in what an idempotency key keeps, since no secret is stored but encrypted, and for channels that have none.
    let secretText: String?

    var withoutSecret: IssuedEndpoint { IssuedEndpoint(endpoint: endpoint, secretText: nil) }

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            endpoint.encodeMembers(to: &writer)
            writer.member("secret", secretText)
        }
    }
}

/// An endpoint that has yet to be made.
struct NewEndpoint: Sendable {
    /// A webhook's URL is as the client wrote it.
    let target: EndpointTarget
    let types: [EventType]?
    let description: String?
}

/// What a merge patch changes.
struct EndpointChanges: Sendable {
    var target = EndpointTargetChanges()
    var types: PatchMember<[EventType]>
    var description: PatchMember<String>
    var isActive: PatchMember<Bool>

    /// The endpoint after the patch. One that changes nothing leaves `updatedAt` and `version` alone too.
    func applied(to endpoint: Endpoint, at now: Timestamp) -> Endpoint {
        var changed = endpoint
        changed.target = target.applied(to: endpoint.target)
        changed.types = types.optionalValue(or: endpoint.types)
        changed.description = description.optionalValue(or: endpoint.description)
        switch isActive {
        case .value(false):
            changed.status = .inactive
            changed.disabledReason = nil
        // What was disabled is for `enable` to take back: a patch may only repeat what it has read.
        case .value(true) where endpoint.status == .inactive: changed.status = .active
        case .value, .absent, .removed: break
        }
        return changed.following(endpoint, at: now)
    }
}

/// Which endpoints a list shows.
struct EndpointFilter: Sendable {
    var status: Endpoint.Status?

    var description: String { "endpoints|\(status?.rawValue ?? "")" }
}
