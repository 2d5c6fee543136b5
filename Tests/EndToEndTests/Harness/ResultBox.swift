import Threading

/// Collects the results of several threads.
final class ResultBox<Value: Sendable>: Sendable {
    private let results: Lock<[Result<Value, any Error>?]>

    init(_ count: Int) { results = Lock(Array(repeating: nil, count: count)) }

    func set(_ index: Int, _ result: Result<Value, any Error>) { results.withLock { $0[index] = result } }

    /// All of them.
    ///
    /// - Throws: the first error.
    func values() throws -> [Value] { try results.withLock { $0 }.compactMap { try $0?.get() } }
}
