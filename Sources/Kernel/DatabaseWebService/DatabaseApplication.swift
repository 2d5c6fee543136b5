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
    func seed() throws(SeedError)
}

/// Why demonstration data could not be added.
package struct SeedError: Error {
    package let message: String

    package init(_ cause: any Error) {
        message = "Seeding failed; if the schema is old or missing, run `migrate` first. The cause: \(cause)"
    }
}

extension DatabaseApplication {
    /// Does what the command line asks for; ends the process with an error if that cannot be done.
    package static func run(_ arguments: [String]) {
        let verb = Verb(arguments)
        var reader = EnvironmentReader(Environment.current())
        let config: Config
        do { config = try Self.config(&reader) } catch {
            if verb == .help { return printHelp(reader) }
            ServiceCommand.warn(of: reader, arguments)
            ServiceCommand.fail(error)
        }
        if verb != .help { ServiceCommand.warn(of: reader, arguments) }
        switch verb {
        case .check: ServiceCommand.reportValidSettings(identity)
        case .serve: Self(config).serve()
        case .migrate: Self(config).base.migrate()
        case .seed:
            do { try Self(config).seed() } catch { ServiceCommand.fail(error.message) }
        case .help: printHelp(reader)
        case .unknown(let word):
            ServiceCommand.fail(unknown: word, identity)
        }
    }

    private static func printHelp(_ reader: EnvironmentReader) {
        print(
            ServiceCommand.help(
                identity,
                commands: [
                    "serve": "Serves until SIGTERM (the default).", "migrate": "Brings the schema up to date.",
                    "seed": "Adds demonstration data.", "check": ServiceCommand.checkPurpose,
                ],
                variables: reader.variables),
            terminator: "")
    }
}

private enum Verb: Equatable {
    case serve, migrate, seed, check, help
    case unknown(String)

    init(_ arguments: [String]) {
        let command = arguments.dropFirst().first
        switch command {
        case _ where ServiceCommand.isHelp(command): self = .help
        case nil, "serve": self = .serve
        case "migrate": self = .migrate
        case "seed": self = .seed
        case "check": self = .check
        case .some(let word): self = .unknown(word)
        }
    }
}
