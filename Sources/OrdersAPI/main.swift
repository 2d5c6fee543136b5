import DatabaseWebService

OrdersApp.run(CommandLine.arguments)
