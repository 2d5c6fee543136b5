import DatabaseLifecycle

OrdersApp.run(CommandLine.arguments)
