import Concurrency
import Telemetry

/// Works off the messages of a queue, in order, and says which of them failed, so that only those are delivered again.
///
/// The event source mapping needs `ReportBatchItemFailures`; without it SQS takes every message for done.
///
///     SQSLambdaHandler { message, context in
///         try resize(message.body)
///     }.run()
public struct SQSLambdaHandler: LambdaHandler {
    private let process: @Sendable (SQSMessage, LambdaContext) throws -> Void
    private let report: @Sendable (SQSMessage, any Error) -> Void

    /// - Parameters:
    ///   - report: is told of every message that failed, and why; a line in the log by default.
    ///   - process: what it throws makes its message fail, and no other; in a FIFO queue all later ones of the message's group
    ///     fail with it. Messages whose turn comes when the function's time is up fail untried.
    public init(
        report: @escaping @Sendable (SQSMessage, any Error) -> Void = SQSLambdaHandler.log,
        _ process: @escaping @Sendable (SQSMessage, LambdaContext) throws -> Void
    ) {
        self.process = process
        self.report = report
    }

    /// As the first, with a `process` that awaits, in a task as `AsyncLambdaHandler.handle`'s: one message after another.
    public init(
        report: @escaping @Sendable (SQSMessage, any Error) -> Void = SQSLambdaHandler.log,
        _ process: @escaping @Sendable (SQSMessage, LambdaContext) async throws -> Void
    ) {
        self.init(report: report) { message, context in
            try context.waitForTask { try await process(message, context) }
        }
    }

    /// Replies with the failures of the batch.
    public func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let mayStart = { !context.isCancelled && !context.deadline.hasPassed }
        return try SQSEvent(event).reply(mayStart: mayStart, report: report) { message in
            try process(message, context)
        }
    }

    /// Writes a line of JSON to standard output.
    @Sendable public static func log(_ message: SQSMessage, _ error: any Error) {
        Logger(service: "lambda").warning(
            "A message failed.", ["messageId": message.messageID, "cause": String(describing: error)])
    }
}
