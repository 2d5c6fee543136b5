package import HTTPTypes

/// A client's name for one intended effect: 1 to 255 visible ASCII characters, case-sensitive.
package struct IdempotencyKey: Sendable, Hashable {
    package static let lengthMax = 255

    package let text: String

    /// Nil for a text that is no key.
    package init?(_ text: String) {
        guard 1...IdempotencyKey.lengthMax ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        self.text = text
    }
}

extension Request {
    /// The key in `X-Idempotency-Key` or `Idempotency-Key`; the latter may be a quoted string, as the IETF's draft
    /// (draft-ietf-httpapi-idempotency-key-header) writes it. Nil when there is neither.
    ///
    /// - Throws: a problem of status 400 for a text that is no key, and for two headers that differ.
    package func idempotencyKey() throws(Problem) -> IdempotencyKey? {
        let texts =
            headers.values(of: "X-Idempotency-Key")
            + headers.values(of: "Idempotency-Key").map { text in
                text.utf8.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
                    ? String(text.dropFirst().dropLast()) : text
            }
        guard let first = texts.first else { return nil }
        guard texts.allSatisfy({ $0 == first }) else { throw .idempotencyKeyMismatch }
        guard let key = IdempotencyKey(first) else { throw .invalidIdempotencyKey }
        return key
    }

    /// - Throws: a problem of status 400 where there is no key.
    package func requiredIdempotencyKey() throws(Problem) -> IdempotencyKey {
        guard let key = try idempotencyKey() else { throw .idempotencyKeyMissing }
        return key
    }
}

extension Problem {
    package static let idempotencyKeyMissing = Problem(
        .badRequest, code: "idempotency-key-missing", title: "An idempotency key is needed",
        detail: "Send X-Idempotency-Key with a value of your own that names this one effect.")

    package static let invalidIdempotencyKey = Problem(
        .badRequest, code: "invalid-idempotency-key", title: "The idempotency key is not valid",
        detail: "A key has 1 to \(IdempotencyKey.lengthMax) visible ASCII characters.")

    package static let idempotencyKeyMismatch = Problem(
        .badRequest, code: "idempotency-key-mismatch", title: "The idempotency keys differ",
        detail: "The key was sent in more than one place with different values. Send one.")

    package static let idempotencyKeyReused = Problem(
        .unprocessableContent, code: "idempotency-key-reused", title: "The idempotency key was used before",
        detail: "This key belongs to a request with another payload. Use a new key for a new effect.")

    package static let idempotencyKeyInUse = Problem(
        .conflict, code: "idempotency-key-in-use", title: "The idempotency key is in use",
        detail: "A request with this key is still being worked on. Repeat yours to get its answer.",
        isRetryable: true, retryAfterSeconds: 1)
}
