import Digests

/// Somebody who asks for an account.
struct NewRegistration: Sendable {
    let customer: NewCustomer
    let password: Password
    let language: MailLanguage
}

/// A registration whose mail is to be sent.
struct PendingRegistration: Sendable {
    let id: RegistrationID
    let email: String
    let language: MailLanguage
    /// How often it was begun to be sent, this time included. Whoever has another number does not hold the row any more.
    let attempt: Int
    /// Of the mail, since 1970.
    let createdSeconds: Int
    /// Whether there is an account with the address already.
    let hasAccount: Bool
}

/// What a registration is known by inside; the link has a code of it.
struct RegistrationID: Sendable {
    let bytes: [UInt8]

    init() { bytes = randomBytes(count: 16) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// For a `Message-ID`.
    var text: String { Hex.encode(bytes) }

    /// The token of the link. It is made when the mail is sent, each time the same, so that the database never has it.
    func token(_ key: [UInt8]) -> LinkToken { LinkToken(code: HMACSHA256.authenticationCode(bytes, key: key)) }
}

/// What a mailed link proves: that somebody reads the mail. No description or dump of it shows it.
struct LinkToken: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    fileprivate init(code: [UInt8]) { bytes = code }

    /// - Returns: nil for what is not the text of any.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    var text: String { Base64URL.encode(bytes) }
    var digest: [UInt8] { SHA256.digest(bytes) }

    var description: String { "LinkToken" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The languages that people are written to in.
enum MailLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case spanish = "es"
}
