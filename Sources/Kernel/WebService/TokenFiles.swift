package import Components
package import Concurrency
internal import Settings
package import Telemetry

/// A file that holds tokens.
struct TokenFile: Sendable {
    let path: String
    /// As it is now.
    let identity: FileIdentity?

    init(path: String) {
        self.path = path
        identity = FileIdentity(path: path)
    }

    /// Those that the environment names.
    static func all(_ reader: inout EnvironmentReader) -> [TokenFile] {
        TokenSettings.names.compactMap { reader.fileOfSecret($0) }.map { TokenFile(path: $0) }
    }
}

/// Has a running service take the tokens of files that were changed, or put in place of others.
package final class TokenFiles: Sendable {
    private static let reloads = Metrics.Definition(
        "token_reloads_total", "Readings of changed files of tokens, by what came of them.", .counter,
        labels: ["outcome"])

    /// 1 s: a rotation waits for that, and a look costs a few microseconds.
    private static let intervalMilliseconds = 1000
    /// 5 s for another reading to end: files that take longer are on a file system that does not answer.
    private static let turnMilliseconds = 5000

    private struct State {
        /// The files that were read last.
        var known: [FileIdentity?]
        /// What the last look found.
        var seen: [FileIdentity?]
        var isReading = false
    }

    private let tokens: ServiceTokens
    private let logger: Logger
    private let metrics: Metrics
    private let state: Lock<State>

    package init(_ tokens: ServiceTokens, _ logger: Logger, _ metrics: Metrics) {
        self.tokens = tokens
        self.logger = logger
        self.metrics = metrics
        let known = tokens.files.map(\.identity)
        state = Lock(State(known: known, seen: known))
        metrics.declare(TokenFiles.reloads, [["changed"], ["unchanged"], ["refused"]])
    }

    /// Looks at the files every second; none where there are no files.
    package var workers: [Worker] {
        guard !tokens.files.isEmpty else { return [] }
        return [
            Worker("token-files", intervalMilliseconds: TokenFiles.intervalMilliseconds, jitterMilliseconds: 0) {
                [self] _ in look()
            }
        ]
    }

    /// Reads them at once, whatever they look like.
    package var reloadable: Reloadable {
        Reloadable("tokens") { [self] in
            guard !tokens.files.isEmpty else { return .unchanged }
            return read(TokenFiles.find(tokens.files))
        }
    }

    /// Reads files that have changed since they were read, once they have stayed as they are from one look to the next: one that is just
    /// being written is left alone.
    func look() {
        let found = TokenFiles.find(tokens.files)
        let isToBeRead = state.withLock { state in
            defer { state.seen = found }
            return found != state.known && found == state.seen
        }
        guard isToBeRead else { return }
        switch read(found) {
        case .unchanged: break
        case .changed(let value): logger.info("tokens reloaded", ["value": value])
        // Once: the same files are not read again.
        case .refused(let cause): logger.error("tokens not reloaded", ["cause": cause])
        }
    }

    private func read(_ found: [FileIdentity?]) -> Reloadable.Outcome {
        // One after the other: else what was read first could be taken last.
        let turn = state.wait(
            untilUptimeNanoseconds: Deadline.after(milliseconds: TokenFiles.turnMilliseconds).uptimeNanoseconds
        ) { state -> Bool? in
            guard !state.isReading else { return nil }
            state.isReading = true
            return true
        }
        guard turn == true else { return .refused("Another reading of the files has not ended.") }
        let outcome = tokens.reload()
        state.withLock { state in
            // Where one was changed meanwhile, the next look finds it.
            state.known = found
            state.isReading = false
        }
        state.broadcast()
        switch outcome {
        case .unchanged: metrics.increment(TokenFiles.reloads, ["unchanged"])
        case .changed: metrics.increment(TokenFiles.reloads, ["changed"])
        case .refused: metrics.increment(TokenFiles.reloads, ["refused"])
        }
        return outcome
    }

    private static func find(_ files: [TokenFile]) -> [FileIdentity?] { files.map { FileIdentity(path: $0.path) } }
}
