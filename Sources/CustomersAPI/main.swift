CustomersApp.run(CommandLine.arguments)
