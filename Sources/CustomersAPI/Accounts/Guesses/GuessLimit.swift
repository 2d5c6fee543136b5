import Digests

/// How often something may be tried: so often at once, and then once an interval.
///
/// It is a token bucket, kept as one moment (the generic cell rate algorithm): when all attempts would be free again.
struct GuessLimit: Sendable {
    let atOnce: Int
    let intervalSeconds: Int

    /// Guesses at one account from one client address: 5, then one a minute.
    static let accountAndAddress = GuessLimit(atOnce: 5, intervalSeconds: 60)
    /// Guesses from one client address at all accounts: 30, then one in 10 s, since many people may share an address.
    static let address = GuessLimit(atOnce: 30, intervalSeconds: 10)
    /// Guesses at one account from all addresses from which nobody has logged in to it: 20, then one in 15 minutes, which is below the 100
    /// in a row of NIST SP 800-63B section 5.2.2 for the most part of a day.
    static let account = GuessLimit(atOnce: 20, intervalSeconds: 900)
    /// Registrations from one client address: 10, then one a minute.
    static let registrationsFromAddress = GuessLimit(atOnce: 10, intervalSeconds: 60)
    /// Registrations of one e-mail address, so mails to it: 3, then one in 20 minutes.
    static let registrationsOfEmail = GuessLimit(atOnce: 3, intervalSeconds: 1200)
}

/// One attempt that counts against a limit.
struct Guess: Sendable {
    let limit: GuessLimit
    /// Names what is limited, and tells nobody who reads the table what that is.
    let id: [UInt8]
}

/// The guesses that attempts are counted as.
struct Guesses: Sendable {
    let key: [UInt8]

    /// - Parameter email: as it was sent; whether somebody has it does not matter.
    func login(_ email: String, from client: String, isKnownAddress: Bool) -> [Guess] {
        let email = email.lowercased()
        var guesses = [
            guess(.accountAndAddress, "login", email, client), guess(.address, "login-from", client),
        ]
        if !isKnownAddress { guesses.append(guess(.account, "login-to", email)) }
        return guesses
    }

    func registration(from client: String) -> Guess { guess(.registrationsFromAddress, "register-from", client) }

    func registration(of email: Email) -> Guess {
        guess(.registrationsOfEmail, "register-of", email.text.lowercased())
    }

    /// By which an address is remembered from which somebody logged in.
    func addressID(_ client: String) -> [UInt8] { id(["address", client]) }

    private func guess(_ limit: GuessLimit, _ parts: String...) -> Guess { Guess(limit: limit, id: id(parts)) }

    private func id(_ parts: [String]) -> [UInt8] {
        // No part has a line feed.
        HMACSHA256.authenticationCode(Array(parts.joined(separator: "\n").utf8), key: key)
    }
}
