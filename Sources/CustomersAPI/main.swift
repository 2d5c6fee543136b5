import DatabaseLifecycle

CustomersApp.run(CommandLine.arguments)
