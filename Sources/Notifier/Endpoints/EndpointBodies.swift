import JSON
import WebApplication

// What the bodies and queries of the contract must hold; every mistake of one is reported at once.

private enum EndpointRules {
    static let channel = ValueRule.choice(of: Endpoint.Channel.allCases)
    /// What the URL must be beyond that depends on the settings, and is the service's to say.
    static let url = ValueRule.text(length: 1...2048)
    static let description = ValueRule.text(length: 0...255)
    static let type = ValueRule.choice(of: EventType.allCases)

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
        let channel = reader.optional("channel", EndpointRules.channel)
        let url = reader.required("url", EndpointRules.url)
        let types = reader.optional("types", EndpointRules.types)
        let description = reader.optional("description", EndpointRules.description)
        guard reader.violations.isEmpty, let url else { throw .validationFailed(reader.violations) }
        self.init(channel: channel ?? .webhook, url: url, types: types, description: description)
    }
}

extension EndpointChanges: BodyDecodable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        self.init(
            url: reader.change("url", EndpointRules.url),
            types: reader.change("types", EndpointRules.types, isRemovable: true),
            description: reader.change("description", EndpointRules.description, isRemovable: true),
            isActive: reader.change("is_active", .boolean))
        if let problem = reader.problem { throw problem }
    }

    /// The change that `logic-delete` makes.
    static var deactivation: EndpointChanges {
        EndpointChanges(url: .absent, types: .absent, description: .absent, isActive: .value(false))
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
    var entityTag: EntityTag? { EntityTag(version: version) }
}

extension IssuedEndpoint: Resource {
    var id: Int64 { endpoint.id }
    var entityTag: EntityTag? { endpoint.entityTag }
}

extension Replay: Resource {}
