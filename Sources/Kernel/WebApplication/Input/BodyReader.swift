package import HTTPMessages
package import JSON

extension Request {
    /// The body as a JSON object.
    ///
    /// - Throws: a problem of status 400 for what is not JSON or not an object.
    package func jsonObject() throws(Problem) -> JSONObject {
        guard !body.isEmpty else { throw .bodyNotObject }
        let value: JSONValue
        do { value = try JSONParser.parse(body) } catch { throw .malformedJSON(error.message) }
        guard case .object(let object) = value else { throw .bodyNotObject }
        return object
    }
}

/// What a body asks for.
package protocol BodyDecodable: Sendable {
    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem)
}

/// Reads the members of a JSON object and remembers everything that is wrong with them, so that a client learns it all at
/// once. A read gives nil where the value cannot be used; after the last one, `problem` says whether any was.
package struct BodyReader {
    package private(set) var violations: [Problem.Violation] = []
    /// What has been read, in order: the members that were asked for, as the client wrote them. A null is left out where it
    /// means the same as an absent member.
    package var readMembers: JSONObject { JSONObject(read.map { ($0.name, $0.value) }) }
    private var read: [(name: String, value: JSONValue)] = []
    private let object: JSONObject
    private let pointer: String

    /// - Parameter pointer: where `object` stands in the body, as a JSON Pointer.
    package init(_ object: JSONObject, at pointer: String = "") {
        self.object = object
        self.pointer = pointer
    }

    /// The 422 with all violations; nil when there is none.
    package var problem: Problem? { violations.isEmpty ? nil : .validationFailed(violations) }

    /// Adds a violation that only the meaning of the values shows.
    package mutating func reject(_ name: String, _ code: String, _ detail: String) {
        violations.append(Problem.Violation(pointer: "\(pointer)/\(name)", code: code, detail: detail))
    }

    /// Whether the object has such a member, if only a null, for bodies of several forms.
    package func has(_ name: String) -> Bool { object[name] != nil }

    /// Takes over what the reader of a nested object found.
    package mutating func absorb(_ reader: BodyReader) { violations += reader.violations }

    /// Lets `value` stand for a member that was read, where clients can write the same in several ways.
    package mutating func canonicalize(_ name: String, as value: JSONValue) {
        read.removeAll { $0.name == name }
        read.append((name, value))
    }

    /// Leaves out of `readMembers` what was read of a member: what another service said is no part of what a client asks for.
    package mutating func omit(_ name: String) { read.removeAll { $0.name == name } }

    /// A member that clients see but cannot set: it is a violation whatever it holds.
    package mutating func readOnly(_ name: String, _ detail: String) {
        guard let value = object[name] else { return }
        read.append((name, value))
        reject(name, "read-only", detail)
    }

    package mutating func required<Value>(_ name: String, _ rule: ValueRule<Value>) -> Value? {
        switch object[name] {
        case nil, .null:
            reject(name, "required", "This member is required.")
            return nil
        case .some(let value): return check(name, value, rule)
        }
    }

    /// A member that may be absent or null.
    package mutating func optional<Value>(_ name: String, _ rule: ValueRule<Value>) -> Value? {
        switch object[name] {
        case nil, .null: nil
        case .some(let value): check(name, value, rule)
        }
    }

    /// A member of a merge patch. Null is a violation unless the member can be removed.
    package mutating func change<Value>(
        _ name: String, _ rule: ValueRule<Value>, isRemovable: Bool = false
    ) -> PatchMember<Value> {
        switch object[name] {
        case nil: return .absent
        case .null where isRemovable:
            read.append((name, .null))
            return .removed
        case .null:
            reject(name, "type", "This member cannot be removed.")
            return .absent
        case .some(let value):
            guard let checked = check(name, value, rule) else { return .absent }
            return .value(checked)
        }
    }

    private mutating func check<Value>(_ name: String, _ value: JSONValue, _ rule: ValueRule<Value>) -> Value? {
        read.append((name, value))
        switch rule.read(value) {
        case .success(let value): return value
        case .failure(let failure):
            reject(name, failure.code, failure.detail)
            return nil
        }
    }
}
