package import JSON

extension JSONSchema {
    /// Everything that is wrong with `value`, each with a JSON pointer to it (RFC 6901); empty where it is as promised.
    package func violations(of value: JSONValue) -> [String] { violations(of: value, at: "") }

    private func violations(of value: JSONValue, at pointer: String) -> [String] {
        if value == .null { return isNullable ? [] : ["\(pointer) is null"] }
        if let type, !type.accepts(value) { return ["\(pointer) is a \(value.kindName), not a \(type.rawValue)"] }
        var found: [String] = []
        if let enumeration, !enumeration.contains(value) {
            found.append("\(pointer) is \(text(of: value)), not one of \(text(of: .array(enumeration)))")
        }
        switch value {
        case .object(let object): found += violations(of: object, at: pointer)
        case .array(let values): found += violations(of: values, at: pointer)
        case .string(let string): found += violations(of: string, at: pointer)
        case .integer(let integer): found += numberRange.violation(by: integer).map { ["\(pointer) \($0)"] } ?? []
        case .null, .bool, .decimal: break
        }
        return found + violationsOfAlternatives(value, at: pointer)
    }

    private func violations(of object: JSONObject, at pointer: String) -> [String] {
        var found = required.filter { object[$0] == nil }.map { "\(pointer)/\($0) is missing" }
        for member in object.members {
            let place = "\(pointer)/\(member.name)"
            if let schema = properties[member.name] {
                found += schema.violations(of: member.value, at: place)
            } else if !allowsAdditionalProperties {
                found.append("\(place) is not in the contract")
            }
        }
        return found
    }

    private func violations(of values: [JSONValue], at pointer: String) -> [String] {
        let ofCount = countRange.violation(by: Int64(values.count)).map { "\(pointer) has a count that \($0)" }
        let ofItems = values.enumerated().flatMap { index, value in
            items?.violations(of: value, at: "\(pointer)/\(index)") ?? []
        }
        return (ofCount.map { [$0] } ?? []) + ofItems
    }

    private func violations(of string: String, at pointer: String) -> [String] {
        var found: [String] = []
        // JSON Schema counts code points, not what a reader sees as one character.
        if let violation = lengthRange.violation(by: Int64(string.unicodeScalars.count)) {
            found.append("\(pointer) has a length that \(violation)")
        }
        if let pattern, !pattern.matches(string) { found.append("\(pointer) does not match \(pattern.text)") }
        if format == "date-time", JSONSchemaPattern.dateTime?.matches(string) != true {
            found.append("\(pointer) is no date-time of RFC 3339")
        }
        return found
    }

    private func violationsOfAlternatives(_ value: JSONValue, at pointer: String) -> [String] {
        guard !alternatives.isEmpty else { return [] }
        let found = alternatives.map { $0.violations(of: value, at: pointer) }
        switch found.count(where: \.isEmpty) {
        case 1: return []
        case 0:
            return [
                "\(pointer) is none of \(found.count) alternatives: "
                    + found.map { $0.joined(separator: ", ") }.joined(separator: "; or ")
            ]
        default: return ["\(pointer) is more than one of \(found.count) alternatives"]
        }
    }

    private func text(of value: JSONValue) -> String { String(decoding: JSONWriter.bytes(of: value), as: UTF8.self) }
}
