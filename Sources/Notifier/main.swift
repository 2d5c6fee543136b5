import DatabaseWebService

NotifierApp.run(CommandLine.arguments)
