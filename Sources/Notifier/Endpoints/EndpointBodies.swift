import JSON
import Mail
import WebApplication

// What the bodies and queries of the contract must hold; every mistake of one is reported at once.

private enum EndpointRules {
    static let channel = ValueRule.choice(of: Endpoint.Channel.allCases)
    /// What the URL must be beyond that depends on the settings, and is the service's to say.
    static let url = ValueRule.text(length: 1...2048)
    static let recipient = ValueRule.text(length: 1...MailAddress.byteCountMax).parsed(
        code: "format", "Must be an address such as orders@example.com, or the word customer.", MailRecipient.init(_:))
    static let language = ValueRule.choice(of: MessageLanguage.allCases)
    static let description = ValueRule.text(length: 0...255)
    static let type = ValueRule.choice(of: EventType.allCases)

    static let chat = ValueRule<TelegramChat> { value in
        let chat: TelegramChat?
        switch value {
        case .integer(let number): chat = TelegramChat(number: number)
        case .string(let name): chat = TelegramChat(name: name)
        default:
            return .failure(
                ValueFailure(code: "type", detail: "Must be a whole number or a string, not \(value.kindName)."))
        }
        return chat.map { .success($0) }
            ?? .failure(
                ValueFailure(
                    code: "format", detail: "Must be the number of a chat, or the name of a channel such as @orders."))
    }

    static let types = ValueRule<[EventType]> { value in
        guard case .array(let values) = value else {
            return .failure(ValueFailure(code: "type", detail: "Must be an array, not \(value.kindName)."))
        }
        guard !values.isEmpty else {
            return .failure(ValueFailure(code: "empty", detail: "Must have at least 1 entry."))
        }
        guard values.count <= EventType.allCases.count else {
            return .failure(
                ValueFailure(code: "too-many", detail: "Must have at most \(EventType.allCases.count) entries."))
        }
        var types: [EventType] = []
        for value in values {
            switch type.read(value) {
            case .success(let type): if !types.contains(type) { types.append(type) }
            case .failure(let failure): return .failure(failure)
            }
        }
        return .success(types)
    }
}

extension NewEndpoint: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let channel = reader.optional("channel", EndpointRules.channel) ?? .webhook
        let target = reader.target(channel)
        let types = reader.optional("types", EndpointRules.types)
        let description = reader.optional("description", EndpointRules.description)
        guard reader.violations.isEmpty, let target else { throw .validationFailed(reader.violations) }
        self.init(target: target, types: types, description: description)
    }
}

extension BodyReader {
    /// Where the deliveries of a new endpoint go; nil after a violation.
    fileprivate mutating func target(_ channel: Endpoint.Channel) -> EndpointTarget? {
        let url = member("url", EndpointRules.url, of: .webhook, in: channel)
        let recipient = member("to", EndpointRules.recipient, of: .mail, in: channel)
        let chat = member("chat_id", EndpointRules.chat, of: .telegram, in: channel)
        let language: MessageLanguage?
        if channel == .webhook {
            refuse("language", in: channel)
            language = nil
        } else {
            language = optional("language", EndpointRules.language) ?? .english
        }
        return EndpointTarget(
            channel, text: url ?? recipient?.text ?? chat?.text ?? "", language: language)
    }

    private mutating func member<Value>(
        _ name: String, _ rule: ValueRule<Value>, of owner: Endpoint.Channel, in channel: Endpoint.Channel
    ) -> Value? {
        if channel == owner { return required(name, rule) }
        refuse(name, in: channel)
        return nil
    }

    /// Passed over it would look as if it had an effect.
    private mutating func refuse(_ name: String, in channel: Endpoint.Channel) {
        guard optional(name, ValueRule<Void> { _ in .success(()) }) != nil else { return }
        reject(name, Problem.Violation.notOfChannel, Problem.Violation.notOfChannel(channel))
    }
}

extension Problem.Violation {
    static let notOfChannel = "not-of-channel"

    static func notOfChannel(_ channel: Endpoint.Channel) -> String {
        "Endpoints of the channel \(channel.rawValue) do not have it."
    }
}

extension EndpointChanges: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        self.init(
            target: EndpointTargetChanges(
                url: reader.change("url", EndpointRules.url), recipient: reader.change("to", EndpointRules.recipient),
                chat: reader.change("chat_id", EndpointRules.chat),
                language: reader.change("language", EndpointRules.language)),
            types: reader.change("types", EndpointRules.types, isRemovable: true),
            description: reader.change("description", EndpointRules.description, isRemovable: true),
            isActive: reader.change("is_active", .boolean))
        if let problem = reader.problem { throw problem }
    }

    /// The change that `logic-delete` makes.
    static var deactivation: EndpointChanges {
        EndpointChanges(types: .absent, description: .absent, isActive: .value(false))
    }
}

extension NewReplay: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let fromSeq = reader.required("from_seq", .identifier)
        let toSeq = reader.optional("to_seq", .identifier)
        let types = reader.optional("types", EndpointRules.types)
        let onlyFailed = reader.optional("only_failed", .boolean)
        let replay = reader.optional("replay", .identifier)
        if let fromSeq, let toSeq, toSeq < fromSeq { reader.reject("to_seq", "range", "Must not be below from_seq.") }
        guard reader.violations.isEmpty, let fromSeq else { throw .validationFailed(reader.violations) }
        self.init(
            fromSeq: fromSeq, toSeq: toSeq, types: types, onlyFailed: onlyFailed ?? false, replay: replay)
    }
}

extension EndpointFilter: ListFilter {
    init(_ query: inout QueryReader) {
        self.init(status: query.choice("status", Endpoint.Status.self))
    }
}

extension Endpoint: Resource {
    static var idName: String { "endpoint_id" }
    var entityTag: EntityTag? { EntityTag(version: version) }
}

extension IssuedEndpoint: Resource {
    static var idName: String { Endpoint.idName }
    var id: Int64 { endpoint.id }
    var entityTag: EntityTag? { endpoint.entityTag }
}

extension Replay: Resource {
    /// Its path names the endpoint.
    static var idName: String { Endpoint.idName }
}
