internal import Settings
package import Telemetry

/// The tokens that a service accepts, and the one that it sends, as its settings have them.
package struct TokenSettings: Sendable, Equatable {
    /// The token that the examples use. Good enough on one's own machine; refused anywhere else.
    static let exampleServiceToken = "internal-service-token"

    /// What may be named as `<name>_FILE`.
    static let names = ["SERVICE_TOKEN", "API_TOKEN", "API_TOKENS"]

    /// 16: what can be guessed over a network is far shorter, and a random token of common tools is longer.
    static let lengthMin = 16

    /// 64: a company's systems, twice while they rotate.
    private static let callersMax = 64

    /// 20: the scope of an idempotency key, 64 characters, has an operation and an id beside it.
    private static let callerNameLengthMax = 20

    /// At least one; the first is sent.
    package let service: [String]
    package let api: [String]
    package let named: [(caller: Caller, token: String)]

    init(_ reader: inout EnvironmentReader) {
        service = TokenSettings.service(&reader)
        api = reader.secrets(
            "API_TOKEN", lengthMin: TokenSettings.lengthMin,
            "Bearer token that callers of /admin and /orchestrator must send, of 16 characters or more; may list two while "
                + "rotating. Without one no web page of another origin may call.")
        named = TokenSettings.named(&reader)
    }

    /// What calls to other services carry.
    var sent: String { service.first ?? TokenSettings.exampleServiceToken }

    /// Reports as a mistake what is good enough on one's own machine only.
    func refuseOpenAccess(_ reader: inout EnvironmentReader, isListening: Bool) {
        if isListening, api.isEmpty, named.isEmpty {
            reader.reject("API_TOKEN", "must be set when HOST is not a loopback address")
        }
        if (service + api + named.map(\.token)).contains(TokenSettings.exampleServiceToken) {
            reader.reject(
                "SERVICE_TOKEN",
                "must be set to a secret of your own, not the example, when the service can be reached from outside")
        }
    }

    package static func == (left: TokenSettings, right: TokenSettings) -> Bool {
        left.service == right.service && left.api == right.api
            && left.named.elementsEqual(right.named) { $0.caller == $1.caller && $0.token == $1.token }
    }

    private static func service(_ reader: inout EnvironmentReader) -> [String] {
        let tokens = reader.secrets(
            "SERVICE_TOKEN", lengthMin: lengthMin,
            "Bearer token between the services, of 16 characters or more (default on loopback: \(exampleServiceToken)); may "
                + "list two while rotating.")
        return tokens.isEmpty ? [exampleServiceToken] : tokens
    }

    private static func named(_ reader: inout EnvironmentReader) -> [(caller: Caller, token: String)] {
        let entries = reader.secrets(
            "API_TOKENS", countMax: callersMax,
            "Tokens of callers who have a name, as name=token,name=token; each caller's idempotency keys are its own. A name "
                + "has up to \(callerNameLengthMax) lowercase letters, digits and hyphens; it may be listed twice while rotating."
        )
        return entries.compactMap { entry in
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, isCallerName(parts[0]), parts[0] != Caller.default.name else {
                reader.reject("API_TOKENS", "must be a list of name=token, and no name may be \(Caller.default.name)")
                return nil
            }
            guard parts[1].utf8.count >= lengthMin else {
                reader.reject("API_TOKENS", "has a token of fewer than \(lengthMin) characters, for \(parts[0])")
                return nil
            }
            return (Caller(name: parts[0]), parts[1])
        }
    }

    static func isCallerName(_ text: String) -> Bool {
        1...callerNameLengthMax ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
