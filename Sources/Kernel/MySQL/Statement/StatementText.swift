/// The text of a statement, in UTF-8: it is put together and looked up for each execution, and is text for people only in errors
/// and spans.
package struct StatementText: Sendable, Hashable, CustomStringConvertible {
    private var bytes: [UInt8]

    init(reserving byteCount: Int) {
        bytes = []
        bytes.reserveCapacity(byteCount)
    }

    init(_ literal: StaticString) { bytes = literal.withUTF8Buffer { Array($0) } }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ literal: StaticString) { literal.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ other: StatementText) { bytes.append(contentsOf: other.bytes) }

    /// The rest of it, where it begins with `prefix`.
    func dropping(_ prefix: StaticString) -> StatementText? {
        let count = prefix.utf8CodeUnitCount
        guard prefix.withUTF8Buffer({ bytes.starts(with: $0) }) else { return nil }
        var rest = StatementText(reserving: bytes.count - count)
        rest.bytes.append(contentsOf: bytes[count...])
        return rest
    }

    func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T { bytes.withUnsafeBytes(body) }

    /// Of the length and the end: to hash all of a statement costs as much as to send it, and those that are alike there are few.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(hashedBytesMax))) }
    }
}

private let hashedBytesMax = 32
