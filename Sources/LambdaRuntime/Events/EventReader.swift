import JSON

/// The members of one object of an event; a member that is null counts as absent. Of two members of one name the first counts.
struct EventReader {
    private let text: EventText
    /// The object's node.
    private let node: Int
    /// Where the object stands in the event, for messages: empty, or a path that ends with a dot.
    private let place: String

    private init(_ text: EventText, _ node: Int, at place: String) {
        self.text = text
        self.node = node
        self.place = place
    }

    /// The event itself.
    init(_ event: [UInt8]) throws(LambdaEventError) {
        let text = try EventText(event)
        guard text.nodes[0].kind == .object else { throw .unexpectedKind("text", expected: "an object") }
        self.init(text, 0, at: "")
    }

    func has(_ name: StaticString) -> Bool { find(name) != nil }

    func string(_ name: StaticString) throws(LambdaEventError) -> String? {
        guard let value = find(name) else { return nil }
        return try string(value, name, "a string")
    }

    /// As `string`, the text in UTF-8 and only while `body` runs: a large one is copied once less.
    func withText<T>(
        _ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>) throws(LambdaEventError) -> T
    ) throws(LambdaEventError) -> T? {
        guard let value = find(name) else { return nil }
        guard isString(value) else { throw unexpected(name, "a string") }
        return try text.withText(value, body)
    }

    func requiredString(_ name: StaticString) throws(LambdaEventError) -> String {
        guard let text = try string(name) else { throw .missing("\(place)\(name)") }
        return text
    }

    func bool(_ name: StaticString) throws(LambdaEventError) -> Bool? {
        guard let value = find(name) else { return nil }
        switch text.nodes[value].kind {
        case .yes: return true
        case .no: return false
        case .null, .number, .plainString, .otherString, .array, .object: throw unexpected(name, "a boolean")
        }
    }

    /// The value as it stands in the event.
    func json(_ name: StaticString) -> [UInt8]? { find(name).map(text.json) }

    /// - Parameter place: as of a reader's.
    func reader(_ name: StaticString, at place: String) throws(LambdaEventError) -> EventReader? {
        guard let value = find(name) else { return nil }
        guard text.nodes[value].kind == .object else { throw unexpected(name, "an object") }
        return EventReader(text, value, at: place)
    }

    /// The elements of an array of objects.
    func readers(_ name: StaticString) throws(LambdaEventError) -> [EventReader]? {
        guard let array = try array(name, "an array") else { return nil }
        var readers: [EventReader] = []
        for value in elements(array) {
            let place = "\(place)\(name)[\(readers.count)]"
            guard text.nodes[value].kind == .object else { throw .unexpectedKind(place, expected: "an object") }
            readers.append(EventReader(text, value, at: place + "."))
        }
        return readers
    }

    /// The members of an object of objects; those that are null are left out.
    func readerMembers(_ name: StaticString) throws(LambdaEventError) -> [(name: String, value: EventReader)] {
        try members(name).map { (member) throws(LambdaEventError) in
            let place = "\(name).\(member.name.beginning(64))"
            guard text.nodes[member.value].kind == .object else {
                throw .unexpectedKind(self.place + place, expected: "an object")
            }
            return (member.name, EventReader(text, member.value, at: "\(self.place)\(place)."))
        }
    }

    /// The members of an object of strings; those that are null are left out.
    func stringMembers(_ name: StaticString) throws(LambdaEventError) -> [(name: String, value: String)]? {
        guard let object = try reader(name, at: "")?.node else { return nil }
        var strings: [(name: String, value: String)] = []
        strings.reserveCapacity((Int(text.nodes[object].next) - object) / 2)
        try forEachMember(of: object) { (member, value) throws(LambdaEventError) in
            strings.append((member, try string(value, name, "a string", in: member)))
        }
        return strings
    }

    /// The members of an object of arrays of strings, a pair for each string; those that are null are left out.
    func stringListMembers(_ name: StaticString) throws(LambdaEventError) -> [(name: String, value: String)]? {
        guard has(name) else { return nil }
        var strings: [(name: String, value: String)] = []
        for member in try members(name) {
            guard text.nodes[member.value].kind == .array else {
                throw unexpected(name, "an array of strings", in: member.name)
            }
            for value in elements(member.value) {
                strings.append((member.name, try string(value, name, "an array of strings", in: member.name)))
            }
        }
        return strings
    }

    func strings(_ name: StaticString) throws(LambdaEventError) -> [String]? {
        guard let array = try array(name, "an array") else { return nil }
        return try elements(array).map { (value) throws(LambdaEventError) in
            try string(value, name, "an array of strings")
        }
    }

    /// The value of a member; nil for one that is absent or null.
    private func find(_ name: StaticString) -> Int? {
        var index = node + 1
        while index < text.nodes[node].next {
            if text.isName(index, name) { return text.nodes[index + 1].kind == .null ? nil : index + 1 }
            index = Int(text.nodes[index + 1].next)
        }
        return nil
    }

    private func array(_ name: StaticString, _ expected: String) throws(LambdaEventError) -> Int? {
        guard let value = find(name) else { return nil }
        guard text.nodes[value].kind == .array else { throw unexpected(name, expected) }
        return value
    }

    private func elements(_ array: Int) -> [Int] {
        var elements: [Int] = []
        var index = array + 1
        while index < text.nodes[array].next {
            elements.append(index)
            index = Int(text.nodes[index].next)
        }
        return elements
    }

    private func members(_ name: StaticString) throws(LambdaEventError) -> [(name: String, value: Int)] {
        guard let object = try reader(name, at: "")?.node else { return [] }
        var members: [(name: String, value: Int)] = []
        try forEachMember(of: object) { members.append(($0, $1)) }
        return members
    }

    /// The name and the value's node of each member that is not null.
    private func forEachMember(
        of object: Int, _ body: (String, Int) throws(LambdaEventError) -> Void
    ) throws(LambdaEventError) {
        var index = object + 1
        while index < text.nodes[object].next {
            if text.nodes[index + 1].kind != .null { try body(try text.string(index), index + 1) }
            index = Int(text.nodes[index + 1].next)
        }
    }

    private func string(
        _ value: Int, _ name: StaticString, _ expected: String, in member: String? = nil
    ) throws(LambdaEventError) -> String {
        guard isString(value) else { throw unexpected(name, expected, in: member) }
        return try text.string(value)
    }

    private func isString(_ value: Int) -> Bool {
        switch text.nodes[value].kind {
        case .plainString, .otherString: true
        case .null, .yes, .no, .number, .array, .object: false
        }
    }

    private func unexpected(_ name: StaticString, _ expected: String, in member: String? = nil) -> LambdaEventError {
        .unexpectedKind("\(place)\(name)\(member.map { ".\($0.beginning(64))" } ?? "")", expected: expected)
    }
}
