/// What the fields of a head say of the message: how much body follows, and what becomes of the connection.
///
/// A length that is given twice, or beside an encoding, is refused even where RFC 9112 section 6.3 lets a server choose
/// one: a proxy in front may have chosen the other.
struct RequestFraming: Equatable {
    enum Body: Equatable {
        case none
        /// `Int.max` for a number that does not fit.
        case counted(Int)
        case chunked
    }

    let body: Body
    /// Whether the client sends the body only when told to (RFC 9110 section 10.1.1).
    let isAwaitingContinue: Bool
    /// Whether the connection ends with the answer.
    let closes: Bool

    /// - Throws: `.malformedRequest`, `.transferEncodingUnknown` or `.expectationFailed`.
    init(_ fields: [HeaderFields.Field], isVersion10: Bool) throws(RequestRefusal) {
        var hosts = 0
        var lengths: [String] = []
        var encodings: [String] = []
        var isAwaitingContinue = false
        var closes = isVersion10
        for field in fields {
            switch field.name.utf8.count {
            case 4 where HTTPSyntax.isSame(field.name, "host"):
                hosts += 1
                guard HTTPSyntax.isHost(field.value) else {
                    throw .malformedRequest("The Host is not an authority.")
                }
            case 14 where HTTPSyntax.isSame(field.name, "content-length"): lengths.append(field.value)
            case 17 where HTTPSyntax.isSame(field.name, "transfer-encoding"): encodings.append(field.value)
            case 6 where HTTPSyntax.isSame(field.name, "expect"):
                guard HTTPSyntax.isSame(field.value, "100-continue") else { throw .expectationFailed }
                isAwaitingContinue = true
            case 10 where HTTPSyntax.isSame(field.name, "connection"):
                closes = closes || HTTPSyntax.lists(field.value, "close")
            default: break
            }
        }
        guard hosts == 1 || (hosts == 0 && isVersion10) else {
            throw .malformedRequest("A request has exactly one Host field.")
        }
        body = try RequestFraming.body(lengths: lengths, encodings: encodings, isVersion10: isVersion10)
        self.isAwaitingContinue = isAwaitingContinue && !isVersion10 && body != .none
        self.closes = closes
    }

    private static func body(lengths: [String], encodings: [String], isVersion10: Bool) throws(RequestRefusal) -> Body {
        if let encoding = encodings.first {
            guard encodings.count == 1, lengths.isEmpty, !isVersion10 else {
                throw .malformedRequest("The length of the body is given in more than one way.")
            }
            guard HTTPSyntax.isSame(encoding, "chunked") else { throw .transferEncodingUnknown }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy(HTTPSyntax.isDigit) else {
            throw .malformedRequest("Content-Length must be given once, as a number.")
        }
        // Digits that do not fit are a length all the same, and too large.
        let count = Int(length) ?? .max
        return count == 0 ? .none : .counted(count)
    }
}
