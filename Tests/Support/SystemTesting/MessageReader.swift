/// Reads HTTP/1.1 messages from a socket, one after the other, as the project's own clients and servers write them: framed by
/// `Content-Length`, or without a body.
struct MessageReader {
    private let socket: LoopbackSocket
    private var buffer: [UInt8] = []

    private static let endOfHead = Array("\r\n\r\n".utf8)

    init(_ socket: LoopbackSocket) { self.socket = socket }

    /// The next message, head and body; nil when the other side has ended, or sends something else.
    mutating func next() -> [UInt8]? {
        while true {
            if let length = length() {
                while buffer.count < length { guard receive() else { return nil } }
                defer { buffer.removeFirst(length) }
                return Array(buffer.prefix(length))
            }
            guard receive() else { return nil }
        }
    }

    private mutating func receive() -> Bool {
        guard let bytes = socket.receive() else { return false }
        buffer += bytes
        return true
    }

    /// Of the message that the buffer begins with; nil while its head is not complete.
    private func length() -> Int? {
        guard let head = headLength() else { return nil }
        var body = 0
        for line in buffer.prefix(head).split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2, String(decoding: parts[0], as: UTF8.self).lowercased() == "content-length"
            else { continue }
            body = Int(String(decoding: parts[1].filter { $0 > 0x20 }, as: UTF8.self)) ?? 0
        }
        return head + body
    }

    private func headLength() -> Int? {
        guard buffer.count >= 4 else { return nil }
        for start in 0...(buffer.count - 4)
        where buffer[start] == 0x0D && buffer[start..<(start + 4)].elementsEqual(MessageReader.endOfHead) {
            return start + 4
        }
        return nil
    }
}
