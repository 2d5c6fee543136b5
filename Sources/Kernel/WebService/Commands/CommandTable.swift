package import Settings

/// The commands of a service.
package struct CommandTable: Sendable {
    let identity: ServiceIdentity
    /// In the order in which `--help` lists them.
    package let commands: [CommandDescription]

    package init(_ identity: ServiceIdentity, _ commands: [CommandDescription]) {
        self.identity = identity
        self.commands = commands + [.check, .health, .completion, .version, .help]
    }

    /// The command that a command line names, and what follows it.
    ///
    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - fallback: the command of a line without words.
    /// - Throws: what on the line is not understood.
    package func read(
        _ arguments: ArraySlice<String>, default fallback: String = "serve"
    ) throws(CommandError) -> CommandWords {
        let name = arguments.first ?? fallback
        // After a command, too, where people look for what it takes.
        let isHelp = arguments.contains { ["--help", "-h"].contains($0) }
        let sought = isHelp ? CommandDescription.help.name : name
        guard let command = commands.first(where: { $0.name == sought || $0.aliases.contains(sought) }) else {
            throw CommandError(
                message: "There is no command \"\(name)\". See `\(identity.command) --help`.", status: .misused)
        }
        return try command.read(isHelp ? [] : arguments.dropFirst(), identity)
    }

    /// The text of `--help`: the commands with their options, what the process ends with, and every variable with its default and purpose.
    package func help(variables: [EnvironmentReader.Variable]) -> String {
        var text = "\(identity.summary)\n\nUsage: \(identity.command) [command]\n"
        for command in commands where command.isListed { text += command.help }
        text += "\nExit status:\n"
        for status in ExitStatus.allCases {
            text += "  \(CommandTable.padded(String(status.rawValue), 20)) \(status.meaning)\n"
        }
        text += "\nEnvironment (or a .env file in the working directory; the environment wins):\n"
        for variable in variables {
            let fallback = variable.defaultText.isEmpty ? "unset" : variable.defaultText
            text += "  \(CommandTable.padded(variable.name, 26)) \(variable.purpose) [\(fallback)]\n"
        }
        return text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// What every service can be told.
extension CommandDescription {
    package static let check = CommandDescription(
        "check", aliases: ["--check-config"],
        "Reports every mistake in the settings, and ends; names after it are other programs' settings.",
        words: Words("[NAME...]", count: 0...1000))
    package static let health = CommandDescription(
        "health",
        "Asks the instance that runs with these settings whether it would serve; ends with an error where it would not."
    )
    package static let completion = CommandDescription(
        "completion", "Prints what completes these commands in bash, zsh or fish; docs/command-line.md.",
        words: Words("SHELL", choices: ShellCompletion.Shell.allCases.map(\.rawValue)))
    package static let version = CommandDescription(
        "--version", aliases: ["version"], "Prints the service's name and version.")
    package static let help = CommandDescription("--help", aliases: ["help", "-h"], "Prints this text.")
}

extension CommandWords {
    /// The name of the command that is meant, whichever of its names was written.
    package var name: String { command.name }

    /// Whether any of its names was written.
    package func isCall(of description: CommandDescription) -> Bool { command.name == description.name }
}
