import CustomerAccess
import DatabaseWebService
import JSONWebTokens
import WebService

/// A token to try out what is for customers.
extension OrdersApp {
    /// An hour, unless the command says otherwise.
    private static let minutesDefault: Int64 = 60
    /// A day: what is to hold for longer comes from whoever knows the customer.
    private static let minutesMax: Int64 = 1440

    static var tokenCommand: OwnCommand<OrdersApp> {
        OwnCommand(
            CommandDescription(
                "token", "Prints a token to try /api/v1 with, by JWT_SECRET.",
                options: [
                    CommandDescription.Option(
                        "--customer", "ID", "The id of the customer whose token it is.", isNecessary: true),
                    CommandDescription.Option(
                        "--minutes", "N", "How long it holds, up to \(minutesMax) [\(minutesDefault)]."),
                ])
        ) { (app, words) throws(CommandError) in try app.printToken(words) }
    }

    private func printToken(_ words: CommandWords) throws(CommandError) {
        let customerID = try words.number(of: "--customer", in: 1...Int64.max) ?? 0
        let minutes = try words.number(of: "--minutes", in: 1...Self.minutesMax) ?? Self.minutesDefault
        guard let tokenIssuer else {
            throw CommandError(
                message: "JWT_SECRET is not set; without it no token can be signed.", status: .misconfigured)
        }
        print(
            tokenIssuer.token(
                customerID: customerID, lifetimeSeconds: Int(minutes) * 60, nowSeconds: CustomerAccess.nowSeconds()))
    }
}
