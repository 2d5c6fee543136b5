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
    /// Adds the demonstration data that is not there yet, and what the command's options ask for.
    ///
    /// - Throws: a sentence for the operator.
    func seed(_ words: CommandWords) throws(CommandError)
    /// What `seed` can be told.
    static var seedOptions: [CommandDescription.Option] { get }
    /// What this service can be told besides what all can.
    static var ownCommands: [OwnCommand<Self>] { get }
}

/// Something that an operator has one service do, besides what all services can do.
package struct OwnCommand<Application> {
    let description: CommandDescription
    let run: (_ application: Application, _ words: CommandWords) throws(CommandError) -> Void

    /// - Parameter run: gets the words that follow the command, which are those that the description has.
    package init(
        _ description: CommandDescription,
        run: @escaping (_ application: Application, _ words: CommandWords) throws(CommandError) -> Void
    ) {
        self.description = description
        self.run = run
    }
}

extension DatabaseApplication {
    package static var seedOptions: [CommandDescription.Option] { [] }
    package static var ownCommands: [OwnCommand<Self>] { [] }

    /// What the command line may ask for.
    package static var commands: CommandTable {
        CommandTable(
            identity, [.serve, .migrate, .seed(seedOptions), .revertMigration] + ownCommands.map(\.description))
    }

    /// Does what the command line asks for; ends the process with an error if that cannot be done.
    package static func run(_ arguments: [String]) {
        let table = commands
        let call: CommandWords
        do { call = try table.read(arguments.dropFirst()) } catch { ServiceCommand.fail(error) }
        // Whatever the settings are.
        if ServiceCommand.answer(call, table) { return }
        var reader = EnvironmentReader(Environment.current())
        let config: Config
        do { config = try Self.config(&reader) } catch {
            if call.isCall(of: .help) { return print(table.help(variables: reader.variables), terminator: "") }
            ServiceCommand.warn(of: reader, call)
            ServiceCommand.fail(error)
        }
        if call.isCall(of: .help) { return print(table.help(variables: reader.variables), terminator: "") }
        ServiceCommand.warn(of: reader, call)
        do { try run(call, config) } catch { ServiceCommand.fail(error) }
    }

    private static func run(_ call: CommandWords, _ config: Config) throws(CommandError) {
        if let own = ownCommands.first(where: { call.isCall(of: $0.description) }) {
            return try own.run(Self(config), call)
        }
        switch call.name {
        case CommandDescription.check.name: ServiceCommand.reportValidSettings(identity)
        case CommandDescription.health.name: Self(config).base.reportHealth()
        case CommandDescription.migrate.name: Self(config).base.migrate()
        case CommandDescription.seed([]).name: try Self(config).seed(call)
        case CommandDescription.revertMigration.name:
            throw CommandError(
                message:
                    "No migration is reverted: each works with the version before it, so put back the program and leave the schema."
            )
        default: Self(config).serve()
        }
    }
}

extension CommandDescription {
    fileprivate static let serve = CommandDescription("serve", "Serves until SIGTERM (the default).")
    // The other names are TypeORM's, which users of NestJS have in their scripts.
    fileprivate static let migrate = CommandDescription(
        "migrate", aliases: ["migration:run"], "Brings the schema up to date.")
    fileprivate static let revertMigration = CommandDescription(
        "migration:revert", "Says why there is no such thing, for those who look for it.", isListed: false)

    fileprivate static func seed(_ options: [Option]) -> CommandDescription {
        CommandDescription("seed", aliases: ["seed:run"], "Adds demonstration data.", options: options)
    }
}
