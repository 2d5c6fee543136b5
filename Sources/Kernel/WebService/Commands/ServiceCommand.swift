private import Concurrency
private import Glibc
package import Settings
private import Telemetry

/// What a service's executable prints and how it ends, the same for all of them.
package enum ServiceCommand {
    /// Prints who the program is.
    package static func reportVersion(_ identity: ServiceIdentity) {
        print("\(identity.name) \(ServiceIdentity.version)")
    }

    /// Says that nothing is wrong with the settings.
    package static func reportValidSettings(_ identity: ServiceIdentity) {
        print("The settings of \(identity.command) are valid.")
    }

    /// Does the commands that need no settings.
    ///
    /// - Returns: whether it was one of them.
    package static func answer(_ call: CommandWords, _ table: CommandTable) -> Bool {
        if call.isCall(of: .version) {
            reportVersion(table.identity)
        } else if call.isCall(of: .completion),
            let shell = call.words.first.flatMap(ShellCompletion.Shell.init(rawValue:))
        {
            print(ShellCompletion(table).text(for: shell), terminator: "")
        } else {
            return false
        }
        return true
    }

    /// Says on standard error which names in `.env` look like slips, and which settings of other products have another name here or
    /// none. What comes after `check` on the command line are names that another program reads from the same file.
    package static func warn(of reader: EnvironmentReader, _ call: CommandWords) {
        let others = call.isCall(of: .check) ? call.words : []
        let replaced = ReplacedSetting.ofOtherProducts
        for warning in reader.warnings(others: others, replaced: replaced) { say("Warning: \(warning)") }
        for replacement in reader.replacements(replaced, others: others) { say("Note: \(replacement)") }
    }

    /// Ends the process with a message on standard error, after what was logged before it.
    package static func fail(_ message: String, _ status: ExitStatus = .failed) -> Never {
        LogSink.standardOutput.flush(by: .after(milliseconds: LogSink.exitMilliseconds))
        say(message)
        exit(status.rawValue)
    }

    package static func fail(_ error: CommandError) -> Never { fail(error.message, error.status) }

    /// Ends the process with every mistake in the settings, a line each.
    package static func fail(_ error: ConfigurationError) -> Never { fail(error.description, .misconfigured) }

    /// Ends the process although threads of it go on: what runs at an orderly exit may free what they use.
    package static func endProcess() -> Never {
        LogSink.standardOutput.flush(by: .after(milliseconds: LogSink.exitMilliseconds))
        _exit(ExitStatus.done.rawValue)
    }

    /// Writes lines as far as standard error takes them: what nobody reads must not keep the process from going on. A terminal does nothing
    /// but show them, whatever words of others are in them.
    private static func say(_ message: String) {
        let deadline = Deadline.after(milliseconds: LogSink.exitMilliseconds)
        var rest = Array((TerminalText.escaped(message, keepsLines: true) + "\n").utf8)[...]
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
}
