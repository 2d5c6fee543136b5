import Digests
import HTTPMessages
import JSON
import Settings
import Telemetry
import WebApplication

extension AccessRule {
    /// Holders of the secret key, in either of Stripe's forms: as a bearer token, or as the user name of Basic authentication without
    /// a password.
    static func secretKey(_ key: Secret) -> AccessRule {
        let digest = SHA256.digest(Array(key.revealed.utf8))
        return AccessRule("secret-key") { (request, _) throws(Problem) in
            let values = request.headers.values(of: "Authorization")
            guard values.count == 1, let given = SecretKey.given(values[0]) else { throw SecretKey.missing }
            guard constantTimeEquals(SHA256.digest(given), digest) else { throw SecretKey.wrong }
            return .default
        }
    }
}

/// The secret key as requests carry it.
enum SecretKey {
    static let missing = problem("You did not provide an API key. Send it as a bearer token.")
    static let wrong = problem("Invalid API key provided.")

    /// The key in the value of an `Authorization` field; nil where there is none.
    static func given(_ value: String) -> [UInt8]? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        if HTTPSyntax.isSame(parts[0], "Bearer") { return Array(parts[1].utf8) }
        guard HTTPSyntax.isSame(parts[0], "Basic"), let pair = Base64.decode(parts[1]),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return Array(pair[..<colon])
    }

    /// A problem that also has Stripe's `error`, which clients of Stripe look for.
    private static func problem(_ message: String) -> Problem {
        var problem = Problem.unauthorized(message)
        let error = GatewayError(status: 401, type: .invalidRequest, message: message)
        problem.extensions.append((name: "error", value: error.json))
        return problem
    }
}
