import Foundation

/// What `body` gives on a thread of its own: it may block there for long, where in Swift's pool it would keep a thread from the
/// other tests, or wait for a task that gets none.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
