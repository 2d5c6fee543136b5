import HTTPMessages
import JSON

/// The fields of a form, as Stripe's API takes them: names such as `metadata[order_id]` and `expand[0]`.
struct FormFields {
    /// 100: several times what an operation of this subset has.
    static let countMax = 100

    let pairs: [(name: String, value: String)]

    /// Reads `application/x-www-form-urlencoded`, of a body or a query.
    ///
    /// - Throws: the 400 for too many fields, a malformed escape, bytes that are not UTF-8, and a name that occurs twice, unless it
    ///   ends with `[]`.
    init(_ text: some StringProtocol) throws(GatewayError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "&"))
        guard parts.count <= FormFields.countMax else {
            throw .invalid(nil, "A request may have at most \(FormFields.countMax) parameters.")
        }
        var pairs: [(name: String, value: String)] = []
        var names: Set<[UInt8]> = []
        for part in parts {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = halves.map {
                PercentEncoding.decode(String(decoding: $0, as: UTF8.self), plusIsBlank: true)
            }
            guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else {
                throw .invalid(nil, "The parameters must be percent-encoded UTF-8.")
            }
            guard name.hasSuffix("[]") || names.insert(Array(name.utf8)).inserted else {
                throw .invalid(name, "Received the parameter more than once: \(name)")
            }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    /// The value of a name; nil where it is absent or empty.
    subscript(name: String) -> String? {
        pairs.first { $0.name.hasSameBytes(as: name) }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The elements of a list: `expand[]`, `expand[0]`.
    func list(_ name: String) -> [String] {
        pairs.filter { FormFields.member(of: name, in: $0.name) != nil }.map(\.value)
    }

    /// The members of a mapping: `metadata[order_id]`.
    func members(_ name: String) -> [(name: String, value: String)] {
        pairs.compactMap { pair in FormFields.member(of: name, in: pair.name).map { ($0, pair.value) } }
    }

    /// - Throws: the 400 for a parameter that is none of `names`, nor an element or member of one of `groups`.
    func allow(_ names: Set<String>, groups: Set<String>) throws(GatewayError) {
        for pair in pairs where !names.contains(pair.name) {
            guard groups.contains(where: { FormFields.member(of: $0, in: pair.name) != nil }) else {
                throw .invalid(pair.name, code: "parameter_unknown", "Received unknown parameter: \(pair.name)")
            }
        }
    }

    /// A whole number within `range`; nil where it is absent.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(GatewayError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard text.utf8.allSatisfy(HTTPSyntax.isDigit), text.utf8.count <= 19, let number = Int64(text) else {
            throw .invalid(name, code: "parameter_invalid_integer", "Invalid integer: \(text)")
        }
        guard number >= range.lowerBound else {
            throw .invalid(name, code: "parameter_invalid_integer", "This value must be at least \(range.lowerBound).")
        }
        guard number <= range.upperBound else {
            throw .invalid(name, code: "amount_too_large", "This value must be at most \(range.upperBound).")
        }
        return number
    }

    /// `true` or `false`; false where it is absent.
    func flag(_ name: String) throws(GatewayError) -> Bool {
        switch self[name] {
        case nil, "false"?: return false
        case "true"?: return true
        case let text?: throw .invalid(name, "Invalid boolean: \(text)")
        }
    }

    /// What tells one form from another, in whatever order its fields stand.
    var canonical: [UInt8] {
        let sorted = pairs.map { (Array($0.name.utf8), Array($0.value.utf8)) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
        return sorted.flatMap { name, value in
            Array("\(name.count):".utf8) + name + Array("\(value.count):".utf8) + value
        }
    }

    private static func member(of group: String, in name: String) -> String? {
        guard name.hasPrefix("\(group)["), name.hasSuffix("]") else { return nil }
        return String(name.dropFirst(group.count + 1).dropLast())
    }
}
