import HTTPMessages
import JSON
import WebApplication

/// The accounts' operations in HTTP.
struct AccountRoutes {
    private static let prefix = "/api/v1/auth"

    /// Nil where there are no accounts; then the operations say so.
    let accounts: Accounts?

    var routes: [Route] {
        [
            Route("register", .post, AccountRoutes.prefix + "/register", access: .anybody) {
                (request, context) throws(Problem) in
                let accounts = try on()
                let new = try NewRegistration(readingBodyOf: request)
                try Problem.mapping { () throws(AccountError) in
                    try accounts.registrations.register(new, from: accounts.client(request, context), context.call)
                }
                return AccountRoutes.message(
                    .accepted, "If an account can be made with this address, a mail to it says how.")
            },
            // Whatever page a link stands on, it may be followed: what it does is what the mail is for, and for nobody else's account.
            Route("showConfirmation", .get, AccountRoutes.prefix + "/confirm", access: .anyPage) {
                (request, context) throws(Problem) in
                let accounts = try on()
                try Problem.mapping { () throws(AccountError) in
                    try accounts.registrations.show(request.linkToken, context.call)
                }
                return ConfirmationPage.question(request.pageLanguage)
            },
            Route("confirmRegistration", .post, AccountRoutes.prefix + "/confirm", access: .anyPage) {
                (request, context) throws(Problem) in
                let accounts = try on()
                try Problem.mapping { () throws(AccountError) in
                    try accounts.registrations.confirm(request.linkToken, context.call)
                }
                return ConfirmationPage.done(request.pageLanguage)
            },
            Route("login", .post, AccountRoutes.prefix + "/login", access: .anybody) {
                (request, context) throws(Problem) in
                let accounts = try on()
                let body = try LoginBody(readingBodyOf: request)
                return try AccountRoutes.response { () throws(AccountError) in
                    try accounts.sessions.login(
                        email: body.email, password: body.password, from: accounts.client(request, context),
                        context.call)
                }
            },
            Route("refresh", .post, AccountRoutes.prefix + "/refresh", access: .anybody) {
                (request, context) throws(Problem) in
                let accounts = try on()
                let body = try RefreshTokenBody(readingBodyOf: request)
                return try AccountRoutes.response { () throws(AccountError) in
                    try accounts.sessions.refresh(body.token, context.call)
                }
            },
            Route("logout", .post, AccountRoutes.prefix + "/logout", access: .anybody) {
                (request, context) throws(Problem) in
                let accounts = try on()
                let body = try RefreshTokenBody(readingBodyOf: request)
                try Problem.mapping { () throws(AccountError) in
                    try accounts.sessions.logout(body.token, context.call)
                }
                return AccountRoutes.message(.ok, "Logged out.")
            },
        ]
    }

    private func on() throws(Problem) -> Accounts {
        guard let accounts else { throw .accountsOff }
        return accounts
    }

    private static func message(_ status: Status, _ text: String) -> Response {
        .json(status) { writer in writer.member("message", text) }
    }

    /// Named as the original API has them, and as clients of OAuth in JavaScript know them.
    private static func response(_ tokens: () throws(AccountError) -> Tokens) throws(Problem) -> Response {
        let tokens = try Problem.mapping(tokens)
        return .json(.ok) { writer in
            writer.member("accessToken", tokens.access)
            writer.member("refreshToken", tokens.refresh.text)
            writer.member("tokenType", "Bearer")
            writer.member("expiresIn", tokens.accessSeconds)
        }
    }
}

extension Accounts {
    fileprivate func client(_ request: Request, _ context: RequestContext) -> String {
        addresses.client(of: request, remote: context.remoteAddress)
    }
}

extension BodyDecodable {
    fileprivate init(readingBodyOf request: Request) throws(Problem) {
        var reader = BodyReader(try request.jsonObject())
        try self.init(&reader)
    }
}

extension Request {
    /// Nil where there is none that could be one.
    fileprivate var linkToken: LinkToken? { queryValue("token").flatMap { LinkToken($0) } }

    fileprivate var pageLanguage: MailLanguage {
        queryValue("language").flatMap { MailLanguage(rawValue: $0) } ?? .english
    }
}
