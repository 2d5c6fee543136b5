/// What the broker says without being asked, as far as this project makes use of it.
enum BrokerFrame: Sendable {
    /// It has taken the message of this number; with `isMultiple` also all before it that it had not taken yet.
    case confirmed(tag: UInt64, isMultiple: Bool)
    /// As `confirmed`, for what it did not take.
    case notTaken(tag: UInt64, isMultiple: Bool)
    /// It gives a message back.
    case returned(routingKey: String)
    case delivered(tag: UInt64, AMQPDelivery)
    /// The queue that was consumed from is gone.
    case consumerCanceled
    case blocked(reason: String)
    case unblocked
}
