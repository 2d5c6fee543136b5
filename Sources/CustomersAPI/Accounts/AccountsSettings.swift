import Digests
import JSONWebTokens
import Mail
import Settings
import WebService

/// What accounts need to be told.
struct AccountsSettings: Sendable {
    /// How a mail with a link goes out.
    enum Posting: Sendable {
        case mail(MailServer, from: MailAddress)
        /// Into the log of a service that only this machine reaches.
        case log
    }

    /// Signs access tokens.
    let secret: JSONWebTokenSecret
    let keys: AccountKeys
    let accessSeconds: Int
    let refreshSeconds: Int
    let claims: CustomerTokenIssuer.ClaimNames
    /// Where the service is from outside, without a slash at its end.
    let publicURL: String
    let posting: Posting
    let hashingsMax: Int
}

/// Whether this installation has accounts of its own.
enum AccountsChoice: Sendable {
    case on(AccountsSettings)
    /// Why not, in a sentence for the operator.
    case off(String)

    /// Reads the settings, and reports every mistake in them.
    init(_ reader: inout EnvironmentReader, _ service: ServiceSettings) {
        let read = AccountsReading(&reader)
        let isOnLoopback = service.isOnLoopback
        guard let secretText = read.secretText else {
            self = .off("JWT_SECRET is not set")
            return
        }
        guard let secret = JSONWebTokenSecret(secretText), let accessSeconds = read.accessSeconds,
            let refreshSeconds = read.refreshSeconds
        else {
            self = .off("a setting has a mistake")
            return
        }
        guard read.posting != nil || isOnLoopback else {
            self = .off("SMTP_URL is not set, and links are logged on loopback only")
            return
        }
        guard read.publicURL != nil || isOnLoopback else {
            self = .off("PUBLIC_URL is not set, and nobody reaches HOST by a link")
            return
        }
        self = .on(
            AccountsSettings(
                secret: secret, keys: AccountKeys(secretText), accessSeconds: accessSeconds,
                refreshSeconds: refreshSeconds, claims: read.claims,
                publicURL: read.publicURL ?? service.listenURL, posting: read.posting ?? .log,
                hashingsMax: read.hashingsMax))
    }
}

/// Keys that are derived from `JWT_SECRET`, each for one purpose: with the secret itself only access tokens are signed.
struct AccountKeys: Sendable {
    let links: [UInt8]
    let successors: [UInt8]
    let guesses: [UInt8]

    init(_ secret: String) {
        // The first step of HKDF (RFC 5869 section 2.2), with the purpose as its salt.
        func key(_ purpose: String) -> [UInt8] {
            HMACSHA256.authenticationCode(Array(secret.utf8), key: Array("orchestrator.accounts.\(purpose).1".utf8))
        }
        links = key("links")
        successors = key("successors")
        guesses = key("guesses")
    }
}

/// The settings as they were read, each alone.
private struct AccountsReading {
    let secretText: String?
    let accessSeconds: Int?
    let refreshSeconds: Int?
    let claims: CustomerTokenIssuer.ClaimNames
    let publicURL: String?
    let posting: AccountsSettings.Posting?
    let hashingsMax: Int

    init(_ reader: inout EnvironmentReader) {
        secretText =
            reader.secrets(
                "JWT_SECRET", lengthMin: JSONWebTokenSecret.byteCountMin,
                "Signs access tokens by HS256, 32 characters or more; may list two while rotating, of which the first signs. "
                    + "Without it there are no accounts."
            ).first
        accessSeconds = AccountsReading.lifetime(
            &reader, "JWT_EXPIRES_IN", "15m", in: 60...86_400, "How long an access token holds, from 1m to 1d.")
        refreshSeconds = AccountsReading.lifetime(
            &reader, "JWT_REFRESH_EXPIRES_IN", "7d", in: 300...7_776_000,
            "How long a session lasts after its last refresh, from 5m to 90d.")
        claims = AccountsReading.claims(&reader)
        publicURL = AccountsReading.publicURL(&reader)
        posting = AccountsReading.posting(&reader)
        hashingsMax = reader.integer(
            "PASSWORD_HASHINGS_MAX", default: 2, in: 1...32,
            "Passwords that are hashed at once, which takes 32 MiB and a processor each; as many more wait.")
    }

    private static func lifetime(
        _ reader: inout EnvironmentReader, _ name: String, _ fallback: String, in range: ClosedRange<Int>,
        _ purpose: String
    ) -> Int? {
        let text = reader.text(name, default: fallback, purpose)
        guard let seconds = Lifetime.seconds(text), range.contains(seconds) else {
            reader.reject(
                name,
                "must be seconds, or a number with s, m, h or d such as \(fallback), from \(range.lowerBound) to "
                    + "\(range.upperBound) s")
            return nil
        }
        return seconds
    }

    private static func claims(_ reader: inout EnvironmentReader) -> CustomerTokenIssuer.ClaimNames {
        let issuer = reader.list(
            "JWT_ISSUER", "Who issues access tokens (`iss`), the first of several; left out by default."
        ).first
        let audience = reader.optionalText(
            "JWT_AUDIENCE", "Whom access tokens are for (`aud`); left out by default.")
        let customer = reader.text(
            "JWT_CUSTOMER_CLAIM", default: "customer_id", "The claim that has the customer's id.")
        if CustomerTokenIssuer.ClaimNames.otherClaims.contains(customer) {
            reader.reject("JWT_CUSTOMER_CLAIM", "must not be \(customer), which means something else")
        }
        return CustomerTokenIssuer.ClaimNames(issuer: issuer, audience: audience, customer: customer)
    }

    private static func publicURL(_ reader: inout EnvironmentReader) -> String? {
        guard
            let text = reader.optionalText(
                "PUBLIC_URL", "Where this service is from outside, as mailed links begin; by default its own address.")
        else { return nil }
        guard let url = PublicURL(text) else {
            reader.reject("PUBLIC_URL", "must be a URL such as https://api.shop.example")
            return nil
        }
        return url.text
    }

    private static func posting(_ reader: inout EnvironmentReader) -> AccountsSettings.Posting? {
        reader.mail(
            withoutServer: "Without it links are logged, on loopback only.",
            domainBytesMax: RegistrationMail.domainBytesMax
        ).map { .mail($0.server, from: $0.from) }
    }
}
