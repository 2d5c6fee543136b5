import Concurrency

/// Collects the results of several threads.
package final class ResultBox<Value: Sendable>: Sendable {
    private let results: Lock<[Result<Value, any Error>?]>

    package init(_ count: Int) { results = Lock(Array(repeating: nil, count: count)) }

    package func set(_ index: Int, _ result: Result<Value, any Error>) { results.withLock { $0[index] = result } }

    /// All of them.
    ///
    /// - Throws: the first error.
    package func values() throws -> [Value] { try results.withLock { $0 }.compactMap { try $0?.get() } }
}
