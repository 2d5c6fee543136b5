/// Takes events of a type of one's own and replies with another.
///
/// This package knows no `Codable`: bring the decoder, such as Foundation's, as two functions.
///
///     TypedLambdaHandler(
///         decode: { try JSONDecoder().decode(Order.self, from: Data($0)) },
///         encode: { Array(try JSONEncoder().encode($0)) }
///     ) { (order: Order, context) in Receipt(for: order) }.run()
public struct TypedLambdaHandler<Event, Reply>: LambdaHandler {
    private let decode: @Sendable ([UInt8]) throws -> Event
    private let encode: @Sendable (Reply) throws -> [UInt8]
    private let process: @Sendable (Event, LambdaContext) throws -> Reply

    /// - Parameters:
    ///   - decode: reads the event, one JSON text.
    ///   - encode: gives one JSON text, at most 6 MiB.
    ///   - process: what it, or either of the two, throws becomes an error of the function.
    public init(
        decode: @escaping @Sendable ([UInt8]) throws -> Event, encode: @escaping @Sendable (Reply) throws -> [UInt8],
        _ process: @escaping @Sendable (Event, LambdaContext) throws -> Reply
    ) {
        self.decode = decode
        self.encode = encode
        self.process = process
    }

    /// Decodes, processes, encodes.
    public func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        try encode(process(decode(event), context))
    }
}
