package import JSON

extension JSONSchema {
    private static let samples: [JSONValue] = [
        .null, .bool(true), .integer(7), .decimal("1.5"), .string("x"), .array([]), .object(JSONObject()),
    ]

    /// Copies of `value` that each have a value of a kind that this schema does not allow at one place below the root.
    ///
    /// - Returns: each with the JSON Pointer of the place. An element of an array counts as the array.
    package func wrongKinds(in value: JSONValue, at pointer: String = "") -> [(pointer: String, value: JSONValue)] {
        switch value {
        case .object(let object):
            return object.members.enumerated().flatMap { index, member -> [(pointer: String, value: JSONValue)] in
                guard let schema = properties[member.name] else { return [] }
                let place = "\(pointer)/\(member.name)"
                let found = schema.wrongSamples.map { (place, $0) } + schema.wrongKinds(in: member.value, at: place)
                return found.map { wrong in
                    var members = object.members
                    members[index].value = wrong.1
                    return (wrong.0, .object(JSONObject(members)))
                }
            }
        case .array(let values):
            guard let items else { return [] }
            return values.indices.flatMap { index -> [(pointer: String, value: JSONValue)] in
                let found =
                    items.wrongSamples.map { (pointer, $0) }
                    + items.wrongKinds(in: values[index], at: "\(pointer)/\(index)")
                return found.map { wrong in
                    var values = values
                    values[index] = wrong.1
                    return (wrong.0, .array(values))
                }
            }
        default: return []
        }
    }

    /// `value`, an object, with a value of a wrong kind for every member that this schema knows.
    package func allWrong(in value: JSONValue) -> (pointers: [String], value: JSONValue) {
        var pointers: [String] = []
        let members = (value.object?.members ?? []).map { member -> (name: String, value: JSONValue) in
            guard let wrong = properties[member.name]?.wrongSamples.last else { return member }
            pointers.append("/\(member.name)")
            return (member.name, wrong)
        }
        return (pointers, .object(JSONObject(members)))
    }

    private var wrongSamples: [JSONValue] {
        JSONSchema.samples.filter { type?.accepts($0) == false && !(isNullable && $0 == .null) }
    }
}
