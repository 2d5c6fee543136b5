import Mail
import WebApplication

// What the bodies of the contract must hold; every mistake of one is reported at once.

extension NewRegistration: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let name = reader.required("name", CustomerRules.name)
        let email = reader.required("email", AccountRules.email)
        let phone = reader.required("phone", CustomerRules.phone)
        let password = reader.required("password", AccountRules.newPassword)
        let language = reader.optional("language", .choice(of: MailLanguage.allCases))
        guard reader.violations.isEmpty, let name, let email, let phone, let password else {
            throw .validationFailed(reader.violations)
        }
        self.init(
            customer: NewCustomer(name: name, email: email, phone: phone, identityCard: nil, address: nil),
            password: Password(password), language: language ?? .english)
    }
}

private enum AccountRules {
    /// One that mail can be sent to.
    static let email = CustomerRules.email.parsed(
        code: "format", "Must be an e-mail address such as ana@example.com."
    ) { email in MailAddress(email.text) == nil ? nil : email }
    static let newPassword = ValueRule.text(length: Password.lengthRange)
    /// None that is stored has fewer characters; to say so would only tell who guesses.
    static let password = ValueRule.text(length: 1...Password.lengthRange.upperBound)
    static let anyEmail = ValueRule.text(length: 1...Email.lengthMax)
    /// Whatever a client has kept.
    static let token = ValueRule.text(length: 1...512)
}

/// What a login has to hold.
struct LoginBody: BodyDecodable {
    /// Whatever was sent: what is no address is nobody's.
    let email: String
    let password: Password

    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let email = reader.required("email", AccountRules.anyEmail)
        let password = reader.required("password", AccountRules.password)
        guard reader.violations.isEmpty, let email, let password else { throw .validationFailed(reader.violations) }
        self.email = email
        self.password = Password(password)
    }
}

/// What a refresh and a logout have to hold.
struct RefreshTokenBody: BodyDecodable {
    /// Nil for what has never been a token.
    let token: RefreshToken?

    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        guard let text = reader.required("refreshToken", AccountRules.token) else {
            throw .validationFailed(reader.violations)
        }
        token = RefreshToken(text)
    }
}
