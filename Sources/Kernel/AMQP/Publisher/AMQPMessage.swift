/// A message to publish. It is stored on disk by the broker (persistent).
package struct AMQPMessage: Sendable, Hashable {
    /// What bindings match, such as `order.created`.
    package var routingKey: String
    /// By which consumers tell a repetition.
    package var messageID: String
    /// What kind of message it is.
    package var type: String
    package var contentType: String
    /// When what it tells of happened, in seconds of Unix time; nil leaves the property out.
    package var timestampSeconds: UInt64?
    package var body: [UInt8]

    package init(
        routingKey: String, messageID: String, type: String, contentType: String, timestampSeconds: UInt64? = nil,
        body: [UInt8]
    ) {
        self.routingKey = routingKey
        self.messageID = messageID
        self.type = type
        self.contentType = contentType
        self.timestampSeconds = timestampSeconds
        self.body = body
    }

    /// Names in the protocol have a length of one byte.
    var hasCarriableNames: Bool {
        [routingKey, messageID, type, contentType].allSatisfy { $0.utf8.count <= 255 }
    }
}
