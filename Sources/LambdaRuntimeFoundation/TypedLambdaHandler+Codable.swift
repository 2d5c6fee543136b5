private import FoundationEssentials
import LambdaRuntime

extension TypedLambdaHandler where Event: Decodable & SendableMetatype, Reply: Encodable & SendableMetatype {
    init(_ process: @escaping @Sendable (Event, LambdaContext) throws -> Reply) {
        self.init(decode: { try decodedEvent($0) }, encode: { try encodedReply($0) }, process)
    }

    init(_ process: @escaping @Sendable (Event, LambdaContext) async throws -> Reply) {
        self.init(decode: { try decodedEvent($0) }, encode: { try encodedReply($0) }, process)
    }
}

private func decodedEvent<Event: Decodable>(_ event: [UInt8]) throws -> Event {
    do {
        return try JSONDecoder().decode(Event.self, from: Data(event))
    } catch let error as DecodingError {
        throw LambdaEventError(error, event)
    }
}

private func encodedReply(_ reply: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    // The same reply gives the same bytes.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(reply))
}
