/// Takes events of a type of one's own and replies with another.
///
/// This module knows no `Codable`, which `LambdaRuntimeFoundation` does: bring the decoder as two functions.
///
///     TypedLambdaHandler(
///         decode: { try Order(JSONParser.parse($0)) }, encode: { $0.json }
///     ) { (order: Order, context) in Receipt(for: order) }.run()
public struct TypedLambdaHandler<Event, Reply>: LambdaHandler {
    private let reply: @Sendable ([UInt8], LambdaContext) throws -> [UInt8]

    /// - Parameters:
    ///   - decode: reads the event, one JSON text.
    ///   - encode: gives one JSON text, at most 6 MiB.
    ///   - process: what it, or either of the two, throws becomes an error of the function.
    public init(
        decode: @escaping @Sendable ([UInt8]) throws -> Event, encode: @escaping @Sendable (Reply) throws -> [UInt8],
        _ process: @escaping @Sendable (Event, LambdaContext) throws -> Reply
    ) {
        reply = { event, context in try encode(process(decode(event), context)) }
    }

    /// As the first, with a `process` that awaits, in a task as `AsyncLambdaHandler.handle`'s.
    public init(
        decode: @escaping @Sendable ([UInt8]) throws -> Event, encode: @escaping @Sendable (Reply) throws -> [UInt8],
        _ process: @escaping @Sendable (Event, LambdaContext) async throws -> Reply
    ) {
        reply = { event, context in
            try context.waitForTask { try encode(await process(decode(event), context)) }
        }
    }

    /// Decodes, processes, encodes.
    public func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] { try reply(event, context) }
}
