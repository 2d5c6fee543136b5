package import JSONWebTokens
package import Settings

/// By which tokens customers are known.
package struct CustomerAccessSettings: Sendable {
    /// The first signs what this product issues itself; all verify.
    package let secrets: [JSONWebTokenSecret]
    /// One of them must have issued a token; none means that any will do whose key is known. The first is this product's own.
    package let issuers: [String]
    /// Whom tokens are for; nil where they do not say.
    package let audience: String?
    /// The claim that has the customer's id.
    package let customerClaim: String
    let fileKeys: JSONWebKeySet?
    let keysURL: KeySetURL?

    package init(_ reader: inout EnvironmentReader) {
        let secrets = reader.secrets(
            "JWT_SECRET", lengthMin: JSONWebTokenSecret.byteCountMin,
            "Signs and verifies customers' tokens by HS256, 32 bytes or more; may list two while rotating, the new one first."
        )
        self.secrets = secrets.compactMap { JSONWebTokenSecret($0) }
        fileKeys = CustomerAccessSettings.fileKeys(&reader)
        keysURL = CustomerAccessSettings.keysURL(&reader)
        issuers = reader.list(
            "JWT_ISSUER",
            "Who may issue customers' tokens (`iss`); may list several, the first for tokens by JWT_SECRET. Any by default."
        )
        audience = reader.optionalText(
            "JWT_AUDIENCE",
            "Whom customers' tokens must be for (`aud`); by default they must be for nobody in particular.")
        customerClaim = reader.text(
            "JWT_CUSTOMER_CLAIM", default: "customer_id",
            "The claim that has the customer's id, a number or its digits.")
        if CustomerTokenIssuer.ClaimNames.otherClaims.contains(customerClaim) {
            reader.reject("JWT_CUSTOMER_CLAIM", "must not be \(customerClaim), which means something else")
        }
    }

    /// Whether there is anything by which a token could be verified.
    package var isConfigured: Bool { !secrets.isEmpty || fileKeys != nil || keysURL != nil }

    /// Issues tokens that `CustomerAccess` of these settings accepts; nil without a `JWT_SECRET`.
    package var issuer: CustomerTokenIssuer? {
        secrets.first.map {
            CustomerTokenIssuer(
                $0, CustomerTokenIssuer.ClaimNames(issuer: issuers.first, audience: audience, customer: customerClaim))
        }
    }

    private static func fileKeys(_ reader: inout EnvironmentReader) -> JSONWebKeySet? {
        let path = reader.optionalText(
            "JWKS_FILE", "File with an identity provider's public keys, a JSON Web Key Set; for RS256, ES256 and EdDSA."
        )
        guard let path else { return nil }
        let text: String
        do throws(TextFileError) { text = try textOfFile(path) } catch {
            reader.reject("JWKS_FILE", "names \(path), which \(error.reason)")
            return nil
        }
        let set: JSONWebKeySet
        do throws(JSONWebKeySetError) { set = try JSONWebKeySet(Array(text.utf8)) } catch {
            reader.reject("JWKS_FILE", "names \(path), which \(error)")
            return nil
        }
        // Whoever wrote the file took the wrong one, and should know that it holds a secret.
        for key in set.passedOver where key.reason == .privateMembers {
            reader.reject("JWKS_FILE", "names \(path), whose key \(key.index + 1) \(key.reason)")
        }
        return set
    }

    private static func keysURL(_ reader: inout EnvironmentReader) -> KeySetURL? {
        let text = reader.optionalText(
            "JWKS_URL",
            "Where an identity provider publishes its keys, read every hour: https, or http on this machine.")
        guard let text else { return nil }
        let url = KeySetURL(text)
        if url == nil { reader.reject("JWKS_URL", "must be a URL of https, or of http on this machine") }
        return url
    }
}
