import JSON

/// Members of an event by their paths; a member that is null counts as absent.
struct EventReader {
    private let root: JSONValue

    init(_ event: [UInt8]) throws(LambdaEventError) {
        do throws(JSONParseError) {
            root = try JSONParser.parse(event)
        } catch {
            throw .notJSON(error)
        }
        guard root.object != nil else { throw .unexpectedKind("text", expected: "an object") }
    }

    func string(_ path: String) throws(LambdaEventError) -> String? {
        try member(path, "a string", \.string)
    }

    func bool(_ path: String) throws(LambdaEventError) -> Bool? {
        try member(path, "a boolean", \.bool)
    }

    func object(_ path: String) throws(LambdaEventError) -> JSONObject? {
        try member(path, "an object", \.object)
    }

    func strings(_ path: String) throws(LambdaEventError) -> [String]? {
        guard let values = try member(path, "an array", \.array) else { return nil }
        var strings: [String] = []
        for value in values {
            guard let string = value.string else { throw .unexpectedKind(path, expected: "an array of strings") }
            strings.append(string)
        }
        return strings
    }

    private func member<T>(
        _ path: String, _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(LambdaEventError) -> T? {
        var value = root
        for name in path.split(separator: ".") {
            guard let next = value[String(name)], next != .null else { return nil }
            value = next
        }
        guard let converted = convert(value) else { throw .unexpectedKind(path, expected: expected) }
        return converted
    }
}
