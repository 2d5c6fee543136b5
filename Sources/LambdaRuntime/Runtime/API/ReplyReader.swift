import Concurrency
private import Glibc
import HTTPMessages

/// Reads the replies of one connection (RFC 9112), one after another.
///
/// It reads what the runtime API and its emulators send: interim replies, a body by length, in chunks or to the end of the
/// connection. Whatever else comes is an error of that exchange, after which the connection must be closed.
final class ReplyReader {
    /// 64 KiB: a reply's fields take less than one, and most events fit beside them.
    private static let bufferBytes = 64 * 1024
    /// 8 MiB: above the largest event that Lambda hands out (6 MiB).
    private static let bodyBytesMax = 8 * 1024 * 1024
    /// 8: servers send one, or two.
    private static let interimCountMax = 8
    /// 8 KiB: of a chunk's size with its extensions.
    private static let lineBytesMax = 8 * 1024

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 16)
    /// What has come and was not read yet.
    private var unread = 0..<0
    /// Of the last reply, until the next is read.
    private(set) var head = ReplyHead()

    deinit { buffer.deallocate() }

    /// Forgets what came: it belongs to a connection that is gone.
    func reset() { unread = 0..<0 }

    /// Whether more came than was asked for.
    var hasUnread: Bool { !unread.isEmpty }

    /// Reads the next final reply: its head, which stays in `head`, and then its body.
    ///
    /// - Parameter headLimit: nil for no limit until the first byte; the connection's counts from there.
    /// - Returns: the body.
    func readReply(
        _ connection: RuntimeConnection, headBy headLimit: Deadline?
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        try readHead(connection, by: headLimit)
        switch head.framing {
        case .noBody: return []
        case .length(let length): return try readBytes(length, connection, by: connection.limit)
        case .chunks: return try readChunks(connection, by: connection.limit)
        case .endOfConnection: return try readToEnd(connection, by: connection.limit)
        }
    }

    private func readHead(_ connection: RuntimeConnection, by limit: Deadline?) throws(RuntimeConnection.Failure) {
        for _ in 0...ReplyReader.interimCountMax {
            try readAnyHead(connection, by: limit)
            if !head.isInterim { return }
        }
        throw .malformed("it is announced too often")
    }

    private func readAnyHead(_ connection: RuntimeConnection, by limit: Deadline?) throws(RuntimeConnection.Failure) {
        var limit = limit
        var mayBeginEmpty = true
        while true {
            // One empty line before a head is nobody's, as servers take it too (RFC 9112 section 2.2).
            if mayBeginEmpty, unread.count >= 2 {
                mayBeginEmpty = false
                if buffer[unread.prefix(2)].elementsEqual("\r\n".utf8) { unread = unread.dropFirst(2) }
            }
            if try takeHead() { return }
            if !unread.isEmpty, limit == nil { limit = connection.limit }
            guard unread.count < buffer.count else { throw ReplyReader.failure(.headTooLarge) }
            try fill(connection, by: limit)
        }
    }

    /// - Returns: whether the head has come.
    private func takeHead() throws(RuntimeConnection.Failure) -> Bool {
        do throws(MessageMistake) {
            let byteCount = try head.read(UnsafeRawBufferPointer(rebasing: buffer[unread]))
            unread = unread.dropFirst(byteCount ?? 0)
            return byteCount != nil
        } catch {
            throw ReplyReader.failure(error)
        }
    }

    /// Receives more behind what is unread.
    private func fill(_ connection: RuntimeConnection, by limit: Deadline?) throws(RuntimeConnection.Failure) {
        guard try fillUnlessEnded(connection, by: limit) else { throw RuntimeConnection.closedByAPI }
    }

    /// - Returns: false when the API has ended its side in order.
    private func fillUnlessEnded(
        _ connection: RuntimeConnection, by limit: Deadline?
    ) throws(RuntimeConnection.Failure) -> Bool {
        if unread.isEmpty { unread = 0..<0 }
        if unread.upperBound == buffer.count, unread.lowerBound > 0, let start = buffer.baseAddress {
            memmove(start, start + unread.lowerBound, unread.count)
            unread = 0..<unread.count
        }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
        let count = try connection.receiveUnlessEnded(into: free, by: limit)
        unread = unread.lowerBound..<unread.upperBound + count
        return count > 0
    }

    private func readBytes(
        _ count: Int, _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        guard count <= ReplyReader.bodyBytesMax else { throw ReplyReader.failure(.bodyTooLarge) }
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

    private func readToEnd(
        _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        var body: [UInt8] = []
        repeat {
            guard body.count + unread.count <= ReplyReader.bodyBytesMax else {
                throw ReplyReader.failure(.bodyTooLarge)
            }
            take(unread.count, into: &body)
        } while try fillUnlessEnded(connection, by: limit)
        return body
    }

    private func readChunks(
        _ connection: RuntimeConnection, by limit: Deadline
    ) throws(RuntimeConnection.Failure) -> [UInt8] {
        // Nothing in a trailer is of use here; all of them together take no more than a head does.
        var chunks = ChunkDecoder(
            isStrict: false, sizeLineBytesMax: ReplyReader.lineBytesMax, trailerBytesMax: buffer.count - 1)
        var body: [UInt8] = []
        while true {
            switch try nextChunk(&chunks) {
            case .end: return body
            case .data(let count) where count > ReplyReader.bodyBytesMax - body.count:
                throw ReplyReader.failure(.bodyTooLarge)
            case .data(let count) where !unread.isEmpty:
                let taken = min(count, unread.count)
                take(taken, into: &body)
                chunks.passed(taken)
            case .data, .waiting: try fill(connection, by: limit)
            }
        }
    }

    private func nextChunk(_ chunks: inout ChunkDecoder) throws(RuntimeConnection.Failure) -> ChunkDecoder.Step {
        let text = MessageLexer(UnsafeRawBufferPointer(rebasing: buffer[..<unread.upperBound]))
        var position = unread.lowerBound
        defer { unread = position..<unread.upperBound }
        do throws(MessageMistake) { return try chunks.next(text, at: &position) } catch {
            throw ReplyReader.failure(error)
        }
    }

    private static func failure(_ mistake: MessageMistake) -> RuntimeConnection.Failure { .malformed(mistake.rawValue) }

    private func take(_ count: Int, into body: inout [UInt8]) {
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[unread.prefix(count)]))
        unread = unread.dropFirst(count)
    }
}
