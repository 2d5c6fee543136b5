private import Concurrency
private import Digests

/// Makes and reads the cursors of lists: opaque to clients, bound to the list and its filters, and signed.
///
/// A cursor holds the id of the last row given; the next page begins below it. So it keeps working when that row is
/// deleted, costs the same at any depth, and names nothing that its holder has not seen.
package struct PageCursor: Sendable {
    private static let version: UInt8 = 1
    private static let filterByteCount = 8
    private static let signatureByteCount = 16

    private let state: Lock<[[UInt8]]>

    /// - Parameter secrets: at least one; the first signs, every one is accepted, so that a secret can be replaced while
    ///   clients walk.
    package init(secrets: [String]) { state = Lock(PageCursor.keys(secrets)) }

    /// Has these sign and be accepted from now on, for this value and its copies.
    package func replace(secrets: [String]) {
        let keys = PageCursor.keys(secrets)
        state.withLock { $0 = keys }
    }

    private static func keys(_ secrets: [String]) -> [[UInt8]] {
        secrets.map { HMACSHA256.authenticationCode(Array("page-cursor".utf8), key: Array($0.utf8)) }
    }

    private var keys: [[UInt8]] { state.withLock { $0 } }

    /// The cursor behind `lastID` in the list that `filter` describes.
    package func encode(lastID: Int64, filter: String) -> String {
        let content = content(lastID: lastID, filter: filter)
        return Base64URL.encode(content + signature(of: content, key: keys.first ?? []))
    }

    /// The id that a cursor holds.
    ///
    /// - Throws: `Problem.invalidCursor` for one that was altered, made elsewhere, or made for another filter.
    package func decode(_ text: String, filter: String) throws(Problem) -> Int64 {
        guard text.utf8.count <= 128, let bytes = Base64URL.decode(text),
            bytes.count == 1 + 8 + PageCursor.filterByteCount + PageCursor.signatureByteCount
        else { throw .invalidCursor }
        let content = Array(bytes.dropLast(PageCursor.signatureByteCount))
        let given = Array(bytes.suffix(PageCursor.signatureByteCount))
        let isSigned = keys.contains { constantTimeEquals(signature(of: content, key: $0), given) }
        let lastID = content[1..<9].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard isSigned, content == self.content(lastID: lastID, filter: filter) else { throw .invalidCursor }
        return lastID
    }

    private func content(lastID: Int64, filter: String) -> [UInt8] {
        [PageCursor.version]
            + (0..<8).map { UInt8(truncatingIfNeeded: lastID >> (56 - 8 * Int64($0))) }
            + SHA256.digest(Array(filter.utf8)).prefix(PageCursor.filterByteCount)
    }

    private func signature(of content: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMACSHA256.authenticationCode(content, key: key).prefix(PageCursor.signatureByteCount))
    }
}
