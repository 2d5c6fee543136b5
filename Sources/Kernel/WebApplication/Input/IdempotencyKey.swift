package import HTTPMessages

/// A client's name for one intended effect: 1 to 255 visible ASCII characters without a comma, case-sensitive.
///
/// A comma cannot be part of it: whoever hands a request on may join two header lines with one (RFC 9110 section 5.2), and a
/// key that was sent twice must not become another key.
package struct IdempotencyKey: Sendable, Hashable {
    package static let lengthMax = 255
    /// What is said of a text that is none.
    package static let rule = "Must have 1 to \(lengthMax) visible ASCII characters, none of them a comma."

    package let text: String

    /// Nil for a text that is no key.
    package init?(_ text: String) {
        guard 1...IdempotencyKey.lengthMax ~= text.utf8.count,
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ",") })
        else { return nil }
        self.text = text
    }

    /// Reads a member of a header's list: the key as it is, or, where it begins with a quotation mark, as a string of
    /// structured fields (RFC 8941 section 3.3.3).
    init?(member: Substring) {
        var rest = member.utf8
        guard rest.first == UInt8(ascii: "\"") else {
            self.init(String(member))
            return
        }
        rest.removeFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard rest.isEmpty else { return nil }
                self.init(String(decoding: text, as: UTF8.self))
                return
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
                else { return nil }
                text.append(escaped)
            default: text.append(byte)
            }
        }
        return nil
    }
}

extension Request {
    /// The key in `X-Idempotency-Key` or `Idempotency-Key`, plain or as a quoted string, as the IETF's draft
    /// (draft-ietf-httpapi-idempotency-key-header) writes it. Sent several times, in lines of its own or joined with commas, it
    /// is one key if all are equal. Nil when there is none.
    ///
    /// - Throws: a problem of status 400 for a text that is no key, an empty one too, and for keys that differ.
    package func idempotencyKey() throws(Problem) -> IdempotencyKey? {
        var found: IdempotencyKey?
        let values = headers.values(of: "X-Idempotency-Key") + headers.values(of: "Idempotency-Key")
        for member in values.flatMap({ HeaderFields.members(of: $0) }) {
            guard let key = IdempotencyKey(member: member) else { throw .invalidIdempotencyKey }
            guard found == nil || found == key else { throw .idempotencyKeyMismatch }
            found = key
        }
        return found
    }

    /// The key in the header, or in a member of the body where that has one; in both places it must be the same. Nil when there is none.
    ///
    /// - Throws: as `idempotencyKey()`.
    package func idempotencyKey(orInBody bodyText: String?) throws(Problem) -> IdempotencyKey? {
        let headerKey = try idempotencyKey()
        guard let bodyText else { return headerKey }
        guard let bodyKey = IdempotencyKey(bodyText) else { throw .invalidIdempotencyKey }
        guard headerKey == nil || headerKey == bodyKey else { throw .idempotencyKeyMismatch }
        return bodyKey
    }

    /// - Throws: a problem of status 400 where there is no key.
    package func requiredIdempotencyKey() throws(Problem) -> IdempotencyKey {
        guard let key = try idempotencyKey() else { throw .idempotencyKeyMissing }
        return key
    }
}

extension Problem {
    package static let idempotencyKeyMissing = Problem(
        .idempotencyKeyMissing, detail: "Send X-Idempotency-Key with a value of your own that names this one effect.")

    package static let invalidIdempotencyKey = Problem(
        .invalidIdempotencyKey,
        detail: "A key has 1 to \(IdempotencyKey.lengthMax) visible ASCII characters, none of them a comma.")

    package static let idempotencyKeyMismatch = Problem(
        .idempotencyKeyMismatch, detail: "The key was sent in more than one place with different values. Send one.")

    package static let idempotencyKeyReused = Problem(
        .idempotencyKeyReused,
        detail: "This key belongs to a request with another payload. Use a new key for a new effect.")

    package static let idempotencyKeyInUse = Problem(
        .idempotencyKeyInUse,
        detail: "A request with this key is still being worked on. Repeat yours to get its answer.",
        retryAfterSeconds: 1)
}
