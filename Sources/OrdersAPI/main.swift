OrdersApp.run(CommandLine.arguments)
