private import Glibc
import Resilience

/// Reads the replies of one connection (RFC 9112), one after another.
///
/// It reads what the runtime API and its emulators send: interim replies, a body by length, in chunks or to the end of the
/// connection. Whatever else comes is an error of that exchange, after which the connection must be closed.
final class ReplyReader {
    struct Head {
        fileprivate(set) var status = 0
        fileprivate(set) var contentLength: Int?
        fileprivate(set) var isChunked = false
        fileprivate(set) var closesAfter = false
    }

    /// 64 KiB: a reply's fields take less than one, and most events fit beside them.
    private static let bufferBytes = 64 * 1024
    /// 8 MiB: above the largest event that Lambda hands out (6 MiB).
    private static let bodyBytesMax = 8 * 1024 * 1024

    private typealias Field = (name: Range<Int>, value: Range<Int>)

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 16)
    /// What has come and was not read yet.
    private var unread = 0..<0
    private var fields: [Field] = []

    deinit { buffer.deallocate() }

    /// Forgets what came: it belongs to a connection that is gone.
    func reset() { unread = 0..<0 }

    /// Whether more came than was asked for.
    var hasUnread: Bool { !unread.isEmpty }

    /// The head of the next final reply, whose fields `field` gives until the next call of this object.
    ///
    /// - Parameter waitsForStart: no limit until the first byte; `limit` counts from there.
    func readHead(_ connection: RuntimeConnection, by limit: Deadline?) throws(RuntimeConnection.Failure) -> Head {
        while true {
            let end = try receiveHead(connection, by: limit)
            let head = try parseHead(unread.lowerBound..<end)
            unread = end..<unread.upperBound
            if !(100..<200 ~= head.status) { return head }
        }
    }

    /// The first value of a field, blanks around it removed.
    func field(_ name: StaticString) -> String? {
        for field in fields where isName(field.name, name) {
            return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[field.value]), as: UTF8.self)
        }
        return nil
    }

    func readBody(_ head: Head, _ connection: RuntimeConnection) throws(RuntimeConnection.Failure) -> [UInt8] {
        let limit = connection.limit
        if head.status == 204 || head.status == 304 { return [] }
        if head.isChunked { return try readChunks(connection, by: limit) }
        if let length = head.contentLength { return try readBytes(length, connection, by: limit) }
        var body: [UInt8] = []
        while true {
            body.append(contentsOf: buffer[unread])
            unread = 0..<0
            guard body.count <= ReplyReader.bodyBytesMax else { throw .malformed("its body is too large") }
            do throws(RuntimeConnection.Failure) { try fill(connection, by: limit) } catch .dropped {
                return body
            }
        }
    }

    /// - Returns: the position after the empty line.
    private func receiveHead(
        _ connection: RuntimeConnection, by limit: Deadline?
    ) throws(RuntimeConnection.Failure) -> Int {
        var limit = limit
        while true {
            if let end = endOfHead() { return end }
            if !unread.isEmpty, limit == nil { limit = connection.limit }
            guard unread.count < buffer.count else { throw .malformed("its fields are too large") }
            try fill(connection, by: limit)
        }
    }

    /// The position after the first line that is empty.
    private func endOfHead() -> Int? {
        var position = unread.lowerBound
        while let line = nextLine(&position, unread.upperBound) {
            if line.isEmpty { return position }
        }
        return nil
    }

    /// Receives more behind what is unread.
    private func fill(_ connection: RuntimeConnection, by limit: Deadline?) throws(RuntimeConnection.Failure) {
        if unread.isEmpty { unread = 0..<0 }
        if unread.upperBound == buffer.count, unread.lowerBound > 0, let start = buffer.baseAddress {
            memmove(start, start + unread.lowerBound, unread.count)
            unread = 0..<unread.count
        }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
        unread = unread.lowerBound..<(unread.upperBound + (try connection.receive(into: free, by: limit)))
    }

    private func parseHead(_ range: Range<Int>) throws(RuntimeConnection.Failure) -> Head {
        fields.removeAll(keepingCapacity: true)
        var head = Head()
        var position = range.lowerBound
        while let line = nextLine(&position, range.upperBound), !line.isEmpty {
            if line.lowerBound == range.lowerBound { head.status = try status(line, &head) } else { try addField(line) }
        }
        for field in fields {
            if isName(field.name, "content-length") {
                guard let length = number(field.value, radix: 10), head.contentLength ?? length == length else {
                    throw .malformed("its length is none")
                }
                head.contentLength = length
            } else if isName(field.name, "transfer-encoding") {
                guard isName(field.value, "chunked") else { throw .malformed("its encoding is unknown") }
                head.isChunked = true
            } else if isName(field.name, "connection"), isName(field.value, "close") {
                head.closesAfter = true
            }
        }
        if head.contentLength == nil, !head.isChunked { head.closesAfter = true }
        return head
    }

    private func status(_ line: Range<Int>, _ head: inout Head) throws(RuntimeConnection.Failure) -> Int {
        // "HTTP/1.1 200", and perhaps a reason.
        guard line.count >= 12, buffer[line].starts(with: "HTTP/1.".utf8), buffer[line.lowerBound + 8] == 0x20,
            let status = number(line.lowerBound + 9..<line.lowerBound + 12, radix: 10), status >= 100
        else { throw .malformed("it does not begin like HTTP/1.1") }
        head.closesAfter = buffer[line.lowerBound + 7] == UInt8(ascii: "0")
        return status
    }

    private func addField(_ line: Range<Int>) throws(RuntimeConnection.Failure) {
        guard let colon = buffer[line].firstIndex(of: UInt8(ascii: ":")), colon > line.lowerBound else {
            throw .malformed("a field has no name")
        }
        var value = colon + 1..<line.upperBound
        while let first = value.first, isBlank(first) { value = value.dropFirst() }
        while let last = value.last, isBlank(last) { value = value.dropLast() }
        fields.append((line.lowerBound..<colon, value))
    }

    /// The next line without its break; nil at `end`.
    private func nextLine(_ position: inout Int, _ end: Int) -> Range<Int>? {
        guard let start = buffer.baseAddress, position < end,
            let found = memchr(start + position, 0x0A, end - position)
        else { return nil }
        let lineEnd = found - start
        let line = position..<(lineEnd > position && buffer[lineEnd - 1] == 0x0D ? lineEnd - 1 : lineEnd)
        position = lineEnd + 1
        return line
    }

    private func readBytes(
        _ count: Int, _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        guard count <= ReplyReader.bodyBytesMax else { throw .malformed("its body is too large") }
        let ready = min(unread.count, count)
        var failure: RuntimeConnection.Failure?
        let body = [UInt8](unsafeUninitializedCapacity: count) { body, initializedCount in
            let bytes = UnsafeMutableRawBufferPointer(body)
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[unread.prefix(ready)]))
            var filled = ready
            do throws(RuntimeConnection.Failure) {
                while filled < count {
                    let free = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                    filled += try connection.receive(into: free, by: limit)
                }
            } catch {
                failure = error
            }
            initializedCount = filled
        }
        if let failure { throw failure }
        unread = unread.dropFirst(ready)
        return body
    }

    private func readChunks(
        _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try readLine(connection, by: limit)
            let digits = line.prefix { buffer[$0] != UInt8(ascii: ";") && !isBlank($0) }
            guard let size = number(digits, radix: 16), body.count + size <= ReplyReader.bodyBytesMax else {
                throw .malformed("a chunk has no size, or too large a one")
            }
            if size == 0 { break }
            body += try readBytes(size, connection, by: limit)
            guard try readLine(connection, by: limit).isEmpty else {
                throw .malformed("a chunk is longer than it says")
            }
        }
        while !(try readLine(connection, by: limit).isEmpty) {}
        return body
    }

    /// The next line, without its break; valid until more is received.
    private func readLine(
        _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> Range<Int> {
        while true {
            var position = unread.lowerBound
            if let line = nextLine(&position, unread.upperBound) {
                unread = position..<unread.upperBound
                return line
            }
            guard unread.count < buffer.count else { throw .malformed("a line is too long") }
            try fill(connection, by: limit)
        }
    }

    private func isBlank(_ position: Int) -> Bool { buffer[position] == 0x20 || buffer[position] == 0x09 }

    private func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount, let start = buffer.baseAddress else { return false }
        return strncasecmp(
            (start + range.lowerBound).assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), range.count) == 0
    }

    /// At most 8 digits: larger than anything that is accepted, smaller than what overflows.
    private func number(_ range: Range<Int>, radix: Int) -> Int? {
        guard 1...8 ~= range.count else { return nil }
        var value = 0
        for position in range {
            let byte = buffer[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            value = value * radix + Int(digit)
        }
        return value
    }
}
