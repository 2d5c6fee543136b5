import JSON
import Telemetry

/// One event on its way to one endpoint.
struct Delivery: JSONEncodable, Sendable {
    enum State: String, CaseIterable, Sendable {
        case pending = "PENDING"
        case delivered = "DELIVERED"
        /// All attempts failed.
        case dead = "DEAD"
        /// Somebody gave it up.
        case discarded = "DISCARDED"
    }

    /// The order of an event that belongs to none, and the number in the feed of one that is not from there.
    static let noOrder: Int64 = 0
    static let noSeq: Int64 = 0

    let id: Int64
    let lane: Lane
    let seq: Int64
    let eventID: String
    let eventType: String
    var state: State
    /// Of all attempts, those before a redelivery included.
    var attemptCount: Int
    var lastOutcome: AttemptOutcome?
    let createdAt: Timestamp
    var finishedAt: Timestamp?

    func encode(to writer: inout JSONWriter) { writer.object { encodeMembers(to: &$0) } }

    func encodeMembers(to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("endpoint_id", lane.endpointID)
        writer.member("order_id", lane.orderID == Delivery.noOrder ? nil : lane.orderID)
        writer.member("seq", seq == Delivery.noSeq ? nil : seq)
        writer.member("replay", lane.replay == 0 ? nil : lane.replay)
        writer.member("event_id", eventID)
        writer.member("event_type", eventType)
        writer.member("state", state.rawValue)
        writer.member("attempt_count", attemptCount)
        writer.member("last_outcome", lastOutcome?.rawValue)
        writer.member("created_at", createdAt.rfc3339)
        writer.member("finished_at", finishedAt?.rfc3339)
    }
}

/// A delivery with what is sent, and what came of it.
struct DeliveryDetail: JSONEncodable, Sendable {
    /// 100: ten times the attempts of one delivery; redeliveries may add more.
    static let attemptsMax = 100

    let delivery: Delivery
    /// The event, which is JSON.
    let body: [UInt8]
    /// The newest first.
    let attempts: [Attempt]

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            delivery.encodeMembers(to: &writer)
            writer.member("event", verbatim: body)
            writer.member("attempts", attempts)
        }
    }
}

/// What came of an attempt.
enum AttemptOutcome: String, CaseIterable, Sendable {
    /// 2xx.
    case delivered
    /// Another status, those apart that have a case of their own.
    case refused
    case redirected
    case gone
    case timedOut = "timed-out"
    /// No connection came about.
    case unreachable
    /// A connection came about, and no reply that can be read.
    case noReply = "no-reply"
    /// The address is none that may be connected to.
    case addressNotAllowed = "address-not-allowed"
    /// It waited for longer than events are kept.
    case expired
    /// Refused for good: to send it again would meet the same.
    case rejected
    /// The event names no customer, or one that there is none of.
    case customerUnknown = "customer-unknown"
    case customerInactive = "customer-inactive"
    /// The Customers API could not say where to.
    case customersUnavailable = "customers-unavailable"
    /// This process was told to stop before there was an answer.
    case interrupted
}

/// One time that a delivery was sent, or was to be.
struct Attempt: JSONEncodable, Sendable {
    /// 1 KiB: enough for an error's text.
    static let replyBytesMax = 1024

    let number: Int
    let at: Timestamp
    let status: Int?
    let outcome: AttemptOutcome
    let durationMilliseconds: Int
    /// The beginning of the reply, or what kept it from coming.
    let reply: [UInt8]

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("number", number)
            writer.member("at", at.rfc3339)
            writer.member("status", status)
            writer.member("outcome", outcome.rawValue)
            writer.member("duration_ms", durationMilliseconds)
            writer.member("reply", String(decoding: reply, as: UTF8.self))
        }
    }
}

/// Which deliveries a list shows.
struct DeliveryFilter: Sendable {
    var endpointID: Int64?
    var state: Delivery.State?
    var orderID: Int64?

    var description: String {
        let ids = [endpointID, orderID].map { $0.map(String.init) ?? "" }.joined(separator: "|")
        return "deliveries|\(ids)|\(state?.rawValue ?? "")"
    }
}

/// Which deliveries a redrive or a discard is meant for.
struct DeliverySelection: Sendable {
    /// 1,000: a transaction of some 100 ms.
    static let countMax = 1000

    let state: Delivery.State
    let endpointID: Int64?
    let orderID: Int64?
}

/// What a redrive or a discard did.
struct DeliveryCount: Sendable {
    let count: Int
    let hasMore: Bool
}
