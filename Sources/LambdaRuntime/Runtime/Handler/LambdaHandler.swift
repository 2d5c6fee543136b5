/// What a function does with one event.
public protocol LambdaHandler: Sendable {
    /// Bytes in, bytes out: what they mean is the business of an event codec such as `APIGatewayV2`.
    ///
    /// Called on a thread of its own, which may block; with `AWS_LAMBDA_MAX_CONCURRENCY`, on as many threads at once. The work
    /// should end soon after `context.isCancelled` becomes true: the invocation has been answered with an error then, and what
    /// is returned is dropped.
    ///
    /// - Returns: one JSON value, at most 6,291,556 bytes
    ///   (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); instead of a larger one, an error is
    ///   reported.
    /// - Throws: anything; the caller of the function learns the error's type and description, and the loop goes on.
    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8]
}

/// A handler that answers piece by piece, for functions whose callers read a stream (`InvokeWithResponseStream`, function URLs
/// with `RESPONSE_STREAM`).
///
/// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
public protocol StreamingLambdaHandler: Sendable {
    /// Writes the response to `response`; it ends when this returns.
    ///
    /// - Throws: anything. Before the first byte it is reported like any handler's error; after it, in trailers at the end of the
    ///   stream.
    func handle(_ event: [UInt8], _ context: LambdaContext, _ response: LambdaResponseStream) throws
}

/// A handler that awaits.
public protocol AsyncLambdaHandler: Sendable {
    /// As `LambdaHandler.handle`, in a task that is canceled shortly before the deadline. It runs in Swift's cooperative pool,
    /// so it must not block.
    func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8]
}
