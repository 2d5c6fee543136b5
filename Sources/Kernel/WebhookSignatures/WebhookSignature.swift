private import Digests
package import HTTPMessages

/// The header fields by which a receiver knows who sent a message, and when: Standard Webhooks' `v1`, HMAC with SHA-256.
///
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package enum WebhookSignature {
    /// Five minutes: what the specification's own libraries allow between the clocks.
    package static let toleranceSecondsDefault = 5 * 60

    /// The fields `webhook-id`, `webhook-timestamp` and `webhook-signature` of one attempt.
    ///
    /// - Parameters:
    ///   - messageID: the same in each attempt; visible ASCII without a dot, such as a UUID, since a dot ends it in what is signed.
    ///   - timestampSeconds: when this attempt is made, since 1970.
    ///   - secrets: one signature each, in this order: while a secret is being replaced, the new and the old one both sign.
    package static func headers(
        messageID: String, timestampSeconds: Int, body: [UInt8], secrets: [SigningSecret]
    ) -> HeaderFields {
        let signed = signedBytes(messageID, String(timestampSeconds), body)
        let signatures = secrets.map { "v1," + Base64.encode(code(signed, $0)) }
        return [
            "webhook-id": messageID, "webhook-timestamp": String(timestampSeconds),
            "webhook-signature": signatures.joined(separator: " "),
        ]
    }

    /// Checks a message as its receiver has to.
    ///
    /// Signatures of other versions are passed over, as the specification asks.
    ///
    /// - Parameters:
    ///   - secrets: one of them must have signed.
    ///   - nowSeconds: the receiver's clock, since 1970.
    /// - Throws: `WebhookSignatureError`.
    package static func verify(
        headers: HeaderFields, body: [UInt8], secrets: [SigningSecret], nowSeconds: Int,
        toleranceSeconds: Int = toleranceSecondsDefault
    ) throws(WebhookSignatureError) {
        guard let id = headers["webhook-id"], let timestamp = headers["webhook-timestamp"],
            let given = headers["webhook-signature"]
        else { throw .missingField }
        guard timestamp.utf8.allSatisfy(HTTPSyntax.isDigit), let seconds = Int(timestamp) else {
            throw .malformedTimestamp
        }
        guard seconds >= nowSeconds - toleranceSeconds else { throw .tooOld }
        guard seconds <= nowSeconds + toleranceSeconds else { throw .tooNew }
        let signed = signedBytes(id, timestamp, body)
        let codes = secrets.map { code(signed, $0) }
        var isSigned = false
        for signature in HeaderFields.members(of: given, separator: " ") where signature.utf8.starts(with: "v1,".utf8) {
            guard let bytes = Base64.decode(signature.dropFirst(3)) else { continue }
            // All are compared, so that the time does not tell which secret signed.
            for code in codes where constantTimeEquals(code, bytes) { isSigned = true }
        }
        guard isSigned else { throw .notSigned }
    }

    private static func signedBytes(_ id: String, _ timestamp: String, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array("\(id).\(timestamp).".utf8)
        bytes += body
        return bytes
    }

    private static func code(_ signed: [UInt8], _ secret: SigningSecret) -> [UInt8] {
        HMACSHA256.authenticationCode(signed, key: secret.bytes)
    }
}

/// Why a message is not to be believed.
package enum WebhookSignatureError: Error, Equatable {
    /// `webhook-id`, `webhook-timestamp` or `webhook-signature` is absent.
    case missingField
    /// The timestamp is not a number of seconds.
    case malformedTimestamp
    /// It was made longer ago than is allowed: somebody may be repeating it.
    case tooOld
    /// It was made further ahead of the receiver's clock than is allowed.
    case tooNew
    /// No signature is by one of the secrets.
    case notSigned
}
