import DatabaseWebService

CustomersApp.run(CommandLine.arguments)
