import DatabaseWebService

SimulatorApp.run(CommandLine.arguments)
