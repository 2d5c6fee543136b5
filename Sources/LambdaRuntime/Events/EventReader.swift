import JSON

/// The members of one object of an event; a member that is null counts as absent.
struct EventReader {
    /// Far more than any event has; the parser recurses, and an event bridge carries other people's JSON.
    private static let depthMax = 128

    let object: JSONObject
    /// Where the object stands in the event, for messages: empty, or a path that ends with a dot.
    private let place: String

    init(_ object: JSONObject, at place: String) {
        self.object = object
        self.place = place
    }

    /// The event itself. Members that occur twice are AWS's business: the first counts.
    init(_ event: [UInt8]) throws(LambdaEventError) {
        let root: JSONValue
        do throws(JSONParseError) {
            root = try JSONParser.parse(event, depthMax: EventReader.depthMax, allowsDuplicates: true)
        } catch {
            throw .notJSON(error)
        }
        guard case .object(let object) = root else { throw .unexpectedKind("text", expected: "an object") }
        self.init(object, at: "")
    }

    /// The member as it is; nil for one that is absent or null.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name] else { return nil }
        if case .null = value { return nil }
        return value
    }

    func string(_ name: String) throws(LambdaEventError) -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw unexpected(name, "a string") }
        return text
    }

    func requiredString(_ name: String) throws(LambdaEventError) -> String {
        guard let text = try string(name) else { throw .missing(place + name) }
        return text
    }

    func bool(_ name: String) throws(LambdaEventError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let flag) = value else { throw unexpected(name, "a boolean") }
        return flag
    }

    /// - Parameter place: as of a reader's.
    func reader(_ name: String, at place: String) throws(LambdaEventError) -> EventReader? {
        guard let value = self[name] else { return nil }
        guard case .object(let object) = value else { throw unexpected(name, "an object") }
        return EventReader(object, at: place)
    }

    /// The members of an object of strings; those that are null are left out.
    func stringMembers(_ name: String) throws(LambdaEventError) -> [(name: String, value: String)]? {
        guard let members = try reader(name, at: "")?.object.members else { return nil }
        var strings: [(name: String, value: String)] = []
        strings.reserveCapacity(members.count)
        for member in members {
            switch member.value {
            case .string(let value): strings.append((member.name, value))
            case .null: continue
            case .bool, .integer, .decimal, .array, .object:
                throw unexpected("\(name).\(member.name.prefix(64))", "a string")
            }
        }
        return strings
    }

    /// The members of an object of arrays of strings, a pair for each string; those that are null are left out.
    func stringListMembers(_ name: String) throws(LambdaEventError) -> [(name: String, value: String)]? {
        guard let members = try reader(name, at: "")?.object.members else { return nil }
        var strings: [(name: String, value: String)] = []
        for member in members where member.value != .null {
            let place = "\(name).\(member.name.prefix(64))"
            guard case .array(let values) = member.value else { throw unexpected(place, "an array of strings") }
            for value in values {
                guard case .string(let text) = value else { throw unexpected(place, "an array of strings") }
                strings.append((member.name, text))
            }
        }
        return strings
    }

    func strings(_ name: String) throws(LambdaEventError) -> [String]? {
        guard let value = self[name] else { return nil }
        guard case .array(let values) = value else { throw unexpected(name, "an array") }
        return try values.map { (value) throws(LambdaEventError) in
            guard case .string(let text) = value else { throw unexpected(name, "an array of strings") }
            return text
        }
    }

    private func unexpected(_ name: String, _ expected: String) -> LambdaEventError {
        .unexpectedKind(place + name, expected: expected)
    }
}
