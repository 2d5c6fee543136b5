package import HTTPMessages
package import JSON

/// Names a version of a resource (RFC 9110 section 8.8.3).
package struct EntityTag: Sendable, Equatable {
    /// Whether two versions that it names may differ in bytes.
    let isWeak: Bool
    /// What stands between the quotation marks.
    let opaque: [UInt8]

    /// The strong tag of a version that is counted.
    package init(version: Int64) {
        isWeak = false
        opaque = Array(String(version).utf8)
    }

    init(isWeak: Bool, opaque: [UInt8]) {
        self.isWeak = isWeak
        self.opaque = opaque
    }

    /// The version of which this is the strong tag; nil for any other tag.
    package var version: Int64? {
        let text = String(decoding: opaque, as: UTF8.self)
        return isWeak ? nil : Int64(digits: text).flatMap { EntityTag(version: $0) == self ? $0 : nil }
    }

    /// As it stands in a header.
    package var text: String { "\(isWeak ? "W/" : "")\"\(String(decoding: opaque, as: UTF8.self))\"" }
}

/// The versions that `If-Match` or `If-None-Match` names (RFC 9110 section 13.1).
package enum EntityTagCondition: Sendable, Equatable {
    /// `*`: any version of what exists.
    case any
    case tags([EntityTag])

    /// Whether a reader with `If-None-Match` has this version already: the comparison is weak.
    package func includes(_ present: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.opaque == present.opaque }
        }
    }
}

extension Request {
    /// The versions that a change is meant for; nil where it is meant for whichever there is.
    ///
    /// - Throws: a problem of status 400 for a list that RFC 9110 does not allow, and for an empty one.
    package func ifMatch() throws(Problem) -> EntityTagCondition? { try entityTags("If-Match") }

    /// The versions that a reader has; nil where there is none.
    ///
    /// - Throws: as `ifMatch`.
    package func ifNoneMatch() throws(Problem) -> EntityTagCondition? { try entityTags("If-None-Match") }

    /// Several fields of a name are one list (RFC 9110 section 5.3).
    private func entityTags(_ name: String) throws(Problem) -> EntityTagCondition? {
        let values = headers.values(of: name)
        guard !values.isEmpty else { return nil }
        var reader = EntityTagReader(values.joined(separator: ","))
        guard let condition = reader.condition() else {
            throw .invalidHeader(name, "entity tags in quotation marks, separated by commas, or *.")
        }
        return condition
    }
}

extension Response {
    /// 200 with `{"data": …}` and the version that it is, if it has one; 304 without a body for a reader who has this version.
    package static func data(
        _ value: some JSONEncodable, _ tag: EntityTag?, unlessKnown known: EntityTagCondition? = nil
    ) -> Response {
        if let tag, let known, known.includes(tag) { return Response(.notModified, headers: ["ETag": tag.text]) }
        var response = Response.json(.ok) { $0.member("data", value) }
        if let tag { response.headers["ETag"] = tag.text }
        return response
    }
}

/// Reads `"*" / #entity-tag`. A recipient takes empty elements of a list in its stride (RFC 9110 section 5.6.1.2).
private struct EntityTagReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) { rest = Array(text.utf8)[...] }

    /// Nil for what is no such list, and for one without an element, which nobody can mean.
    mutating func condition() -> EntityTagCondition? {
        skip(while: HTTPSyntax.isBlank)
        if rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            skip(while: HTTPSyntax.isBlank)
            return rest.isEmpty ? .any : nil
        }
        var tags: [EntityTag] = []
        while true {
            skip { HTTPSyntax.isBlank($0) || $0 == UInt8(ascii: ",") }
            guard !rest.isEmpty else { return tags.isEmpty ? nil : .tags(tags) }
            guard let tag = tag() else { return nil }
            tags.append(tag)
            skip(while: HTTPSyntax.isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        }
    }

    /// There are no escapes within: a backslash is a character, and so is a comma.
    private mutating func tag() -> EntityTag? {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest.removeFirst(2) }
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        let opaque = rest.prefix { $0 == 0x21 || 0x23...0x7E ~= $0 || $0 >= 0x80 }
        rest.removeFirst(opaque.count)
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        return EntityTag(isWeak: isWeak, opaque: Array(opaque))
    }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }
}
