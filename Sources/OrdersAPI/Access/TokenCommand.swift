import CustomerAccess
import DatabaseWebService
import JSONWebTokens

/// A token to try out what is for customers.
extension OrdersApp {
    /// An hour, unless the command says otherwise.
    private static let minutesDefault = 60
    /// A day: what is to hold for longer comes from whoever knows the customer.
    private static let minutesMax = 1440

    static var tokenCommand: OwnCommand<OrdersApp> {
        OwnCommand(
            "token",
            "Prints a token to try /api/v1 with, by JWT_SECRET: --customer ID, and --minutes N that it holds (\(minutesDefault))."
        ) { (app, arguments) throws(CommandError) in try app.printToken(arguments) }
    }

    private func printToken(_ arguments: [String]) throws(CommandError) {
        let token = try TokenRequest(arguments, minutesDefault: Self.minutesDefault, minutesMax: Self.minutesMax)
        guard let tokenIssuer else {
            throw CommandError(message: "JWT_SECRET is not set; without it no token can be signed.")
        }
        print(
            tokenIssuer.token(
                customerID: token.customerID, lifetimeSeconds: token.minutes * 60,
                nowSeconds: CustomerAccess.nowSeconds()))
    }
}

/// What the command's words ask for.
struct TokenRequest: Equatable {
    let customerID: Int64
    let minutes: Int

    /// - Throws: a sentence that tells which words are expected.
    init(_ words: [String], minutesDefault: Int, minutesMax: Int) throws(CommandError) {
        var values: [String: String] = [:]
        var rest = words[...]
        while let name = rest.popFirst() {
            guard ["--customer", "--minutes"].contains(name), values[name] == nil, let value = rest.popFirst() else {
                throw TokenRequest.mistake(minutesMax)
            }
            values[name] = value
        }
        guard let customerID = values["--customer"].flatMap({ Int64($0) }), customerID > 0,
            let minutes = values["--minutes"].map({ Int($0) }) ?? minutesDefault, 1...minutesMax ~= minutes
        else { throw TokenRequest.mistake(minutesMax) }
        self.customerID = customerID
        self.minutes = minutes
    }

    private static func mistake(_ minutesMax: Int) -> CommandError {
        CommandError(
            message: "token takes --customer ID, a positive number, and perhaps --minutes N, from 1 to \(minutesMax).")
    }
}
