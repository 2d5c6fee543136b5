OrchestratorApp.run(CommandLine.arguments)
