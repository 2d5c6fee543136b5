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
}

/// A way to deliver events.
protocol DeliveryChannel: Sendable {
    /// Sends once. Blocks the thread, for 10 s at most.
    func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult
}

/// Where an endpoint's deliveries go.
struct DeliveryTarget: Sendable {
    let endpointID: Int64
    let url: String
    let secrets: [SigningSecret]
    /// Whether the last attempt that is written failed.
    var isFailing: Bool

    func failing(_ isFailing: Bool) -> DeliveryTarget {
        var target = self
        target.isFailing = isFailing
        return target
    }
}
