private import Concurrency

extension LambdaContext {
    /// Runs `work` in a task that is canceled with the invocation, and blocks the calling thread until it ends.
    ///
    /// For one call at a time of one invocation.
    func waitForTask<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let outcome = Lock<Result<Value, any Error>?>(nil)
        let task = Task.detached {
            let result: Result<Value, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            outcome.signal()
        }
        whenCancelled { task.cancel() }
        // Without limit here: a task that ignores its cancellation keeps this thread, and the watchdog gives its place away.
        guard let result = outcome.wait(untilUptimeNanoseconds: nil, for: { $0 }) else { throw CancellationError() }
        return try result.get()
    }
}
