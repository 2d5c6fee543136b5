/// The names in one object so far, to find one that occurs twice in time that grows with their number and no faster.
struct MemberNames {
    /// A bit of each name's: one whose bit is not set has not been there.
    private var marks: UInt64 = 0
    /// All names, once there are too many to be compared one by one.
    private var names: Set<TextKey> = []

    /// Up to so many members a name is compared with those before it, which costs less than to hash them all: mostly its mark is
    /// new, and there is nothing to compare.
    private static let comparedMax = 32

    /// - Parameter members: those before it.
    /// - Returns: whether it is new.
    mutating func insert(_ name: String, beside members: [(name: String, value: JSONValue)]) -> Bool {
        guard members.count < MemberNames.comparedMax else {
            if names.isEmpty { names = Set(members.map { TextKey($0.name) }) }
            return names.insert(TextKey(name)).inserted
        }
        let mark = MemberNames.mark(of: name)
        defer { marks |= mark }
        return marks & mark == 0 || !members.contains { $0.name.hasSameBytes(as: name) }
    }

    /// Of the length and three bytes: names that differ nowhere else are compared.
    private static func mark(of name: String) -> UInt64 {
        var name = name
        return name.withUTF8 { bytes in
            guard let first = bytes.first, let last = bytes.last else { return 1 }
            let middle = bytes[bytes.count / 2]
            return 1 << ((UInt64(first) &+ UInt64(middle) &* 7 &+ UInt64(last) &* 31 &+ UInt64(bytes.count) &* 11) & 63)
        }
    }
}
