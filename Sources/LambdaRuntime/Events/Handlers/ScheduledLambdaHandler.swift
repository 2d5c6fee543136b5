/// Does something whenever a schedule of EventBridge says so; an event that no schedule sent is refused.
///
///     ScheduledLambdaHandler { event, context in
///         try sweep(by: context.deadline)
///     }.run()
public struct ScheduledLambdaHandler: LambdaHandler {
    private let run: @Sendable (EventBridgeEvent, LambdaContext) throws -> Void

    /// - Parameter run: what it throws becomes an error of the function; EventBridge then invokes it again, twice at most.
    public init(_ run: @escaping @Sendable (EventBridgeEvent, LambdaContext) throws -> Void) { self.run = run }

    /// As the first, with a `run` that awaits, in a task as `AsyncLambdaHandler.handle`'s.
    public init(_ run: @escaping @Sendable (EventBridgeEvent, LambdaContext) async throws -> Void) {
        self.run = { event, context in try context.waitForTask { try await run(event, context) } }
    }

    /// Replies `null`.
    public func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let event = try EventBridgeEvent(event)
        guard event.isScheduled else {
            throw LambdaEventError.unexpectedSource(event.source, expected: "schedules of EventBridge")
        }
        try run(event, context)
        return Array("null".utf8)
    }
}
