import DatabaseWebService
import WebService

/// What an operator does with asynchronous orders.
extension OrdersApp {
    static var sagaCommands: [OwnCommand<OrdersApp>] {
        [
            OwnCommand(
                CommandDescription(
                    "work", "Works on asynchronous orders until SIGTERM, and serves only health and metrics (on PORT).")
            ) { (app, _) throws(CommandError) in try app.work() }
        ]
    }
}
