import WebApplication
import WebhookSignatures

/// What an attempt sends.
struct OutgoingEvent: Sendable {
    let id: String
    let body: [UInt8]
    /// The database's time in seconds since 1970.
    let timestampSeconds: Int
}

/// What came of sending.
struct SendResult: Sendable {
    let outcome: AttemptOutcome
    var status: Int?
    /// The beginning of the reply, or what kept it from coming.
    var reply: [UInt8] = []
    var retryAfterSeconds: Int?
    /// Whether a failure is one customer's, and tells nothing of what the endpoint's next message will meet.
    var isOfOneCustomer = false
}

extension SendResult {
    /// - Parameter text: cut where it is longer than is kept.
    init(
        _ outcome: AttemptOutcome, status: Int? = nil, _ text: String, retryAfterSeconds: Int? = nil,
        isOfOneCustomer: Bool = false
    ) {
        self.init(
            outcome: outcome, status: status, reply: Array(text.utf8.prefix(Attempt.replyBytesMax)),
            retryAfterSeconds: retryAfterSeconds, isOfOneCustomer: isOfOneCustomer)
    }

    /// Whether what the endpoint is sent next will be delivered, as far as this tells; nil where it tells nothing.
    var isSuccess: Bool? {
        switch outcome {
        case .delivered: true
        case .expired, .interrupted, .customerUnknown, .customerInactive: nil
        case .refused, .rejected, .redirected, .gone, .timedOut, .unreachable, .noReply, .addressNotAllowed,
            .customersUnavailable:
            isOfOneCustomer ? nil : false
        }
    }
}

/// A way to deliver events.
protocol DeliveryChannel: Sendable {
    /// Sends once. Blocks the thread, for 12 s at most.
    func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult
    /// What it asks of other services in order to send.
    var checks: [HealthCheck] { get }
}

extension DeliveryChannel {
    var checks: [HealthCheck] { [] }
}

/// Where an endpoint's deliveries go.
struct DeliveryTarget: Sendable {
    let endpointID: Int64
    let target: EndpointTarget
    /// Sign for it; only webhooks have any.
    let secrets: [SigningSecret]
    /// Whether the last attempt that is written failed.
    var isFailing: Bool

    func failing(_ isFailing: Bool) -> DeliveryTarget {
        var target = self
        target.isFailing = isFailing
        return target
    }
}
