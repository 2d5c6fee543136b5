/// Why a server answers a request itself, before or in place of a handler. What the client is told of it is the application's to
/// say.
package enum RequestRefusal: Error, Hashable {
    /// The bytes are no request, or two readers could take them for different ones.
    case malformedRequest(String)
    case bodyTooLarge(bytesMax: Int)
    case targetTooLong(bytesMax: Int, queryFieldsMax: Int)
    case headersTooLarge(bytesMax: Int, fieldsMax: Int)
    /// The client expects something other than `100-continue`.
    case expectationFailed
    /// The body comes in an encoding other than `chunked`.
    case transferEncodingUnknown
    /// The queue is full.
    case overloaded
    case shuttingDown
    /// The handler did not answer in time.
    case deadlineExceeded
    /// The handler gave a response that cannot be written.
    case unwritableResponse

    init(_ mistake: MessageMistake) {
        self = .malformedRequest(mistake.rawValue.prefix(1).uppercased() + mistake.rawValue.dropFirst() + ".")
    }
}
