package import Settings
package import WebService

/// An executable service with a database: how it reads its settings, how it is put together, and its commands.
package protocol DatabaseApplication {
    associatedtype Config

    static var identity: ServiceIdentity { get }
    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> Config

    init(_ config: Config)

    var base: DatabaseService { get }
    /// Serves until the process is told to stop.
    func serve()
    /// Adds the demonstration data that is not there yet.
    ///
    /// - Throws: a sentence for the operator.
    func seed() throws(CommandError)
    /// What this service can be told besides what all can.
    static var ownCommands: [OwnCommand<Self>] { get }
}

/// Something that an operator has one service do, besides what all services can do.
package struct OwnCommand<Application> {
    /// `reconcile-events`.
    package let name: String
    /// For `--help`: what it does, and what arguments it takes.
    package let purpose: String
    let run: (_ application: Application, _ arguments: [String]) throws(CommandError) -> Void

    /// - Parameter run: gets the words that follow the command.
    package init(
        _ name: String, _ purpose: String,
        run: @escaping (_ application: Application, _ arguments: [String]) throws(CommandError) -> Void
    ) {
        self.name = name
        self.purpose = purpose
        self.run = run
    }
}

/// Why a command could not be done.
package struct CommandError: Error {
    /// A sentence for the operator.
    package let message: String

    package init(message: String) { self.message = message }

    /// Why demonstration data could not be added.
    package static func seedingFailed(_ cause: any Error) -> CommandError {
        CommandError(
            message:
                "Seeding failed; if the schema is old or missing, run `migrate` first. The cause: \(cause)")
    }
}

extension DatabaseApplication {
    package static var ownCommands: [OwnCommand<Self>] { [] }

    /// Does what the command line asks for; ends the process with an error if that cannot be done.
    package static func run(_ arguments: [String]) {
        // Whatever the settings are.
        if ServiceCommand.isVersion(arguments.dropFirst().first) { return ServiceCommand.reportVersion(identity) }
        let verb = Verb<Self>(arguments)
        var reader = EnvironmentReader(Environment.current())
        let config: Config
        do { config = try Self.config(&reader) } catch {
            if verb.isHelp { return printHelp(reader) }
            ServiceCommand.warn(of: reader, arguments)
            ServiceCommand.fail(error)
        }
        if !verb.isHelp { ServiceCommand.warn(of: reader, arguments) }
        switch verb {
        case .check: ServiceCommand.reportValidSettings(identity)
        case .health: Self(config).base.reportHealth()
        case .serve: Self(config).serve()
        case .migrate: Self(config).base.migrate()
        case .seed:
            do { try Self(config).seed() } catch { ServiceCommand.fail(error.message) }
        case .own(let command, let words):
            do { try command.run(Self(config), words) } catch { ServiceCommand.fail(error.message) }
        case .help: printHelp(reader)
        case .revertMigration:
            ServiceCommand.fail(
                "No migration is reverted: each works with the version before it, so put back the program and leave the schema."
            )
        case .unknown(let word):
            ServiceCommand.fail(unknown: word, identity)
        }
    }

    private static func printHelp(_ reader: EnvironmentReader) {
        print(
            ServiceCommand.help(
                identity,
                commands: [
                    ("serve", "Serves until SIGTERM (the default)."), ("migrate", "Brings the schema up to date."),
                    ("seed", "Adds demonstration data."), ("check", ServiceCommand.checkPurpose),
                    ("health", HealthCommand.purpose), ("--version", ServiceCommand.versionPurpose),
                ] + ownCommands.map { ($0.name, $0.purpose) },
                variables: reader.variables),
            terminator: "")
    }
}

private enum Verb<Application: DatabaseApplication> {
    case serve, migrate, seed, check, health, help
    case own(OwnCommand<Application>, [String])
    case revertMigration
    case unknown(String)

    var isHelp: Bool { if case .help = self { true } else { false } }

    init(_ arguments: [String]) {
        let command = arguments.dropFirst().first
        switch command {
        case _ where ServiceCommand.isHelp(command): self = .help
        case nil, "serve": self = .serve
        // TypeORM's names, which users of NestJS have in their scripts.
        case "migrate", "migration:run": self = .migrate
        case "seed", "seed:run": self = .seed
        case "migration:revert": self = .revertMigration
        case "health": self = .health
        case _ where ServiceCommand.isCheck(command): self = .check
        case .some(let word):
            let own = Application.ownCommands.first { $0.name == word }
            self = own.map { .own($0, Array(arguments.dropFirst(2))) } ?? .unknown(word)
        }
    }
}
