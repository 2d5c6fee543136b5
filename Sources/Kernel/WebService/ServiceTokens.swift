internal import Components
private import Concurrency
internal import Settings
package import WebApplication

/// A service's tokens while it runs: those of its settings, and then those of the files that these name, whenever they are read again.
///
/// Only files change: a token that stands in a variable or in `.env` holds until the process ends.
package final class ServiceTokens: Sendable {
    /// Who is let in.
    package let accepted: AccessTokens
    /// What calls to other services carry.
    package let sent: ServiceToken
    /// The files that hold tokens, as they were before they were read at the start.
    let files: [TokenFile]

    private struct State {
        var settings: TokenSettings
        var observers: [@Sendable ([String]) -> Void] = []
    }

    private let state: Lock<State>
    private let read: @Sendable () throws(ConfigurationError) -> TokenSettings

    /// - Parameters:
    ///   - settings: as `reader` has read them.
    ///   - files: as they were before.
    ///   - isReachable: whether others than this machine reach the service; then what is refused at the start is refused later, too.
    init(
        _ settings: TokenSettings, files: [TokenFile], _ reader: EnvironmentReader, isReachable: Bool, isListening: Bool
    ) {
        accepted = AccessTokens(service: settings.service, api: settings.api, named: settings.named)
        sent = ServiceToken(settings.sent)
        self.files = files
        state = Lock(State(settings: settings))
        let source = reader.again
        read = { () throws(ConfigurationError) in
            var reader = source
            let settings = TokenSettings(&reader)
            if isReachable { settings.refuseOpenAccess(&reader, isListening: isListening) }
            return try reader.finish(settings)
        }
    }

    /// Those that hold now.
    package var settings: TokenSettings { state.withLock { $0.settings } }

    /// Has `observer` told of the service tokens whenever others are taken.
    package func onChange(_ observer: @escaping @Sendable (_ service: [String]) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Reads the files. Where there is any mistake in any of them, all tokens stay what they were.
    ///
    /// - Returns: what holds now, without a token.
    func reload() -> Reloadable.Outcome {
        let new: TokenSettings
        do throws(ConfigurationError) { new = try read() } catch {
            return .refused(error.mistakes.joined(separator: " "))
        }
        let observers = state.withLock { state -> [@Sendable ([String]) -> Void]? in
            guard state.settings != new else { return nil }
            state.settings = new
            return state.observers
        }
        guard let observers else { return .unchanged }
        // First what is accepted: a call of this service's to itself carries what it sends.
        accepted.replace(service: new.service, api: new.api, named: new.named)
        sent.replace(new.sent)
        for observer in observers { observer(new.service) }
        return .changed(
            "\(new.service.count) of services, \(new.api.count) of callers without a name, \(new.named.count) with one")
    }
}
