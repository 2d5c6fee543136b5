import DatabaseWebService

/// What an operator does with asynchronous orders.
extension OrdersApp {
    static var sagaCommands: [OwnCommand<OrdersApp>] {
        [
            OwnCommand(
                "work", "Works on asynchronous orders until SIGTERM, and serves only health and metrics (on PORT)."
            ) { (app, arguments) throws(CommandError) in
                guard arguments.isEmpty else { throw CommandError(message: "work takes no arguments.") }
                try app.work()
            }
        ]
    }
}
