private import Concurrency

/// An asynchronous handler as one that blocks: the loop's thread waits for a task.
struct AsyncHandlerAdapter: LambdaHandler {
    let handler: any AsyncLambdaHandler

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let outcome = Lock<Result<[UInt8], any Error>?>(nil)
        let task = Task.detached {
            let result: Result<[UInt8], any Error>
            do { result = .success(try await handler.handle(event, context)) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            outcome.signal()
        }
        context.whenCancelled { task.cancel() }
        // Without limit here: a task that ignores its cancellation keeps this thread, and the watchdog gives its place away.
        guard let result = outcome.wait(untilUptimeNanoseconds: nil, for: { $0 }) else { return [] }
        return try result.get()
    }
}
