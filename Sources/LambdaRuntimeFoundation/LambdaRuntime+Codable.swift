@_exported public import LambdaRuntime

extension LambdaRuntime {
    /// Does everything that a `main.swift` has to: takes events that are JSON of the type `Event` and replies with the JSON of a
    /// `Reply`, until Lambda ends the process.
    ///
    ///     LambdaRuntime.run { (order: Order, context) in
    ///         Receipt(totalCents: order.quantity * order.priceCents)
    ///     }
    ///
    /// An event that is none is the invoker's error, a `LambdaEventError` that names the member. Members are named as the
    /// types' coding keys are, and dates and data are as Foundation's `JSONDecoder` and `JSONEncoder` have them by default.
    ///
    /// - Parameter handle: called on a thread of its own, which may block. What it throws becomes an error of the function.
    public static func run<Event: Decodable & SendableMetatype, Reply: Encodable & SendableMetatype>(
        _ handle: @escaping @Sendable (Event, LambdaContext) throws -> Reply
    ) -> Never {
        run(TypedLambdaHandler(handle))
    }

    /// As the first, with a handler that awaits, in a task as `AsyncLambdaHandler.handle`'s.
    public static func run<Event: Decodable & SendableMetatype, Reply: Encodable & SendableMetatype>(
        _ handle: @escaping @Sendable (Event, LambdaContext) async throws -> Reply
    ) -> Never {
        run(TypedLambdaHandler(handle))
    }
}
