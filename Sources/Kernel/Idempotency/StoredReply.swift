package import JSON

/// A reply that a key keeps: what the first request was answered, and every repetition is.
package struct StoredReply: Sendable {
    package let status: Int
    package let location: String?
    package let body: [UInt8]

    package init(status: Int, location: String? = nil, body: [UInt8]) {
        self.status = status
        self.location = location
        self.body = body
    }

    /// `{"data": …}` with the given status.
    package init(status: Int, location: String? = nil, data: some JSONEncodable) {
        self.init(status: status, location: location, body: JSONWriter.object { $0.member("data", data) })
    }
}

/// How a change keeps its reply: under which key, if the request has one, and in which form. A service is handed it and hands
/// it on to `IdempotencyStore`; what the reply looks like is for the routes to say.
package struct ReplyKeeping<Value>: Sendable {
    /// Nil for a request without a key: nothing is kept then.
    package let claim: IdempotencyClaim?
    let reply: @Sendable (Value) -> StoredReply

    package init(_ claim: IdempotencyClaim?, as reply: @escaping @Sendable (Value) -> StoredReply) {
        self.claim = claim
        self.reply = reply
    }

    /// For a change that no client waits for.
    package static var none: ReplyKeeping { ReplyKeeping(nil) { _ in StoredReply(status: 200, body: []) } }
}

/// What a change made, and the reply to it that committed with the change.
package struct Kept<Value> {
    package let value: Value
    package let reply: StoredReply
}

extension Kept: Sendable where Value: Sendable {}
