private import Concurrency
private import Glibc
package import Settings
private import Telemetry

/// What a service's executable prints and how it ends, the same for all of them.
package enum ServiceCommand {
    /// The text of `--help`: the commands, and every variable with its default and purpose.
    package static func help(
        _ identity: ServiceIdentity, commands: [(name: String, purpose: String)],
        variables: [EnvironmentReader.Variable]
    ) -> String {
        var text = "\(identity.summary)\n\nUsage: \(identity.command) [command]\n"
        for (command, purpose) in commands { text += "  \(padded(command, 20)) \(purpose)\n" }
        text += "\nEnvironment (or a .env file in the working directory; the environment wins):\n"
        for variable in variables {
            let fallback = variable.defaultText.isEmpty ? "unset" : variable.defaultText
            text += "  \(padded(variable.name, 26)) \(variable.purpose) [\(fallback)]\n"
        }
        return text
    }

    /// Whether the first word of the command line asks for `help`.
    package static func isHelp(_ command: String?) -> Bool { ["help", "--help", "-h"].contains(command) }

    /// Whether the first word of the command line asks for the version.
    package static func isVersion(_ command: String?) -> Bool { ["version", "--version"].contains(command) }

    /// Whether the first word of the command line asks what is wrong with the settings.
    package static func isCheck(_ command: String?) -> Bool { ["check", "--check-config"].contains(command) }

    /// Prints who the program is.
    package static func reportVersion(_ identity: ServiceIdentity) {
        print("\(identity.name) \(ServiceIdentity.version)")
    }

    /// What the command `--version` is for.
    package static let versionPurpose = "Prints the service's name and version."

    /// What the command `check` is for.
    package static let checkPurpose =
        "Reports every mistake in the settings, and ends; names after it are other programs' settings."

    /// Says that nothing is wrong with the settings.
    package static func reportValidSettings(_ identity: ServiceIdentity) {
        print("The settings of \(identity.command) are valid.")
    }

    /// Says on standard error which names in `.env` look like slips, and which settings of other products have another name here or
    /// none. What comes after `check` on the command line are names that another program reads from the same file.
    package static func warn(of reader: EnvironmentReader, _ arguments: [String]) {
        let others = Array(arguments.dropFirst(2))
        let replaced = ReplacedSetting.ofOtherProducts
        for warning in reader.warnings(others: others, replaced: replaced) { say("Warning: \(warning)") }
        for replacement in reader.replacements(replaced, others: others) { say("Note: \(replacement)") }
    }

    /// Ends the process because there is no such command.
    package static func fail(unknown command: String, _ identity: ServiceIdentity) -> Never {
        fail("There is no command \"\(command)\". See `\(identity.command) --help`.")
    }

    /// Ends the process with a message on standard error, after what was logged before it.
    package static func fail(_ message: String) -> Never {
        LogSink.standardOutput.flush(by: .after(milliseconds: LogSink.exitMilliseconds))
        say(message)
        exit(1)
    }

    /// Ends the process although threads of it go on: what runs at an orderly exit may free what they use.
    package static func endProcess() -> Never {
        LogSink.standardOutput.flush(by: .after(milliseconds: LogSink.exitMilliseconds))
        _exit(0)
    }

    /// Writes a line as far as standard error takes it: one that nobody reads must not keep the process from going on.
    private static func say(_ message: String) {
        let deadline = Deadline.after(milliseconds: LogSink.exitMilliseconds)
        var rest = Array((message + "\n").utf8)[...]
        while !rest.isEmpty {
            var polled = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
            guard poll(&polled, 1, Int32(deadline.remainingMilliseconds)) == 1 else { return }
            // What a pipe takes without blocking once it takes anything.
            let part = rest.prefix(Int(PIPE_BUF))
            let count = part.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the process with every mistake in the settings, a line each.
    package static func fail(_ error: ConfigurationError) -> Never {
        fail(error.description)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
