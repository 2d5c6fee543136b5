/// A quorum queue and what is bound to it.
package struct AMQPQueue: Sendable, Hashable {
    package var name: String
    package var exchange: String
    /// Patterns of a topic exchange: `order.*`, or `#` for everything.
    package var routingKeys: [String]
    /// How many messages the broker keeps in it, at least 1; one more costs the oldest. Nil for as many as the broker has room for.
    package var messagesMax: Int?

    package init(name: String, exchange: String, routingKeys: [String], messagesMax: Int? = nil) {
        self.name = name
        self.exchange = exchange
        self.routingKeys = routingKeys
        self.messagesMax = messagesMax
    }
}

/// A message as it comes out of a queue.
package struct AMQPDelivery: Sendable, Hashable {
    package let routingKey: String
    /// Whether it may have been delivered before.
    package let isRedelivered: Bool
    /// Empty where the message has none, as the two that follow.
    package internal(set) var messageID = ""
    package internal(set) var type = ""
    package internal(set) var contentType = ""
    /// Nil where it is larger than 1 MiB: then it was not kept.
    package internal(set) var body: [UInt8]? = []

    init(routingKey: String, isRedelivered: Bool) {
        self.routingKey = routingKey
        self.isRedelivered = isRedelivered
    }
}
