/// What a function does with one event.
public protocol LambdaHandler: Sendable {
    /// Bytes in, bytes out: what they mean is the business of an event codec such as `APIGatewayV2`.
    ///
    /// - Returns: one JSON value, at most 6 MiB; Lambda refuses more.
    /// - Throws: anything; the caller of the function learns the error's type and description, and the loop goes on.
    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8]
}
