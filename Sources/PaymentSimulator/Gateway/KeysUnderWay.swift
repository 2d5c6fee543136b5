import Concurrency

/// The idempotency keys whose first request is being worked on in this process. Another process on the same schema is held by the key's
/// row.
struct KeysUnderWay: Sendable {
    private let keys = Lock<Set<[UInt8]>>([])

    /// Runs `body` unless a request with the key is under way; nil then.
    func run<Value, Failure: Error>(
        _ key: String?, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard let key else { return try body() }
        let bytes = Array(key.utf8)
        guard keys.withLock({ $0.insert(bytes).inserted }) else { return nil }
        defer { keys.withLock { _ = $0.remove(bytes) } }
        return try body()
    }
}
