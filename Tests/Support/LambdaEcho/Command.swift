import JSON

/// What an event asks the function to do: `{"do": "sleep", "milliseconds": 50}` and its kind.
struct Command {
    let name: String
    private let value: JSONValue

    /// - Throws: `JSONParseError` for an event that is not JSON.
    init(_ event: [UInt8]) throws {
        value = try JSONParser.parse(event)
        name = value["do"]?.string ?? "echo"
    }

    func integer(_ name: String) -> Int { value[name]?.integer.map { Int($0) } ?? 0 }
    func string(_ name: String) -> String { value[name]?.string ?? "" }
}

/// An error that names itself.
struct NamedError: Error, CustomStringConvertible {
    let type: String
    let description: String
}
