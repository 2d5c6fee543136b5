/// How a service's process ends, for scripts and for what looks after processes.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case failed = 1
    /// As shells and most commands have it.
    case misused = 2
    /// `EX_CONFIG` of sysexits.h: what starts a process again may leave alone one that ends with it.
    case misconfigured = 78

    /// What the status tells, for `--help`.
    package var meaning: String {
        switch self {
        case .done: "done; of a command that goes on: ended in order by SIGTERM or SIGINT"
        case .failed: "it could not be done, or ended by itself; standard error says why"
        case .misused: "the command line is not one that is listed here; nothing was done"
        case .misconfigured: "a setting is missing or wrong; nothing was done"
        }
    }
}

/// Why a command could not be done.
package struct CommandError: Error, Equatable {
    /// For the operator: a sentence, or several lines.
    package let message: String
    package let status: ExitStatus

    package init(message: String, status: ExitStatus = .failed) {
        self.message = message
        self.status = status
    }

    /// Why demonstration data could not be added.
    package static func seedingFailed(_ cause: any Error) -> CommandError {
        CommandError(
            message:
                "Seeding failed; if the schema is old or missing, run `migrate` first. The cause: \(cause)")
    }
}
