internal import Concurrency

/// What libcurl's callbacks read and gather while one message is handed over.
///
/// libcurl holds an unretained pointer to it; the handle that owns both outlives the transfer, and the callbacks run on the
/// thread that performs it.
final class MailExchange {
    /// 500 bytes of a reply are kept: what a person reads of it.
    private static let replyBytesMax = 500

    private let deadline: Deadline
    private let stop: StopToken
    private let message: [UInt8]
    private var position = 0
    private var reply: [UInt8] = []
    /// Of the reply that is kept.
    private var code: [UInt8] = []
    /// Whether the server's last reply is to a recipient or to the message.
    private(set) var isAboutMessage = false
    /// This client has said goodbye. What the server says to that tells nothing, and is not waited for.
    private var isEnded = false

    init(_ message: [UInt8], by deadline: Deadline, stop: StopToken) {
        self.message = message
        self.deadline = deadline
        self.stop = stop
    }

    var byteCount: Int { message.count }
    /// Whether the whole message was given to libcurl, which sends the final dot then.
    var isHandedOver: Bool { position == message.count }
    var isLate: Bool { deadline.hasPassed }
    /// Whether libcurl shall wait no longer.
    var isOver: Bool { isEnded || isLate || isStopped }
    var isStopped: Bool { stop.isStopRequested }

    /// What the server said last, in one line.
    var replyText: String {
        String(
            String(decoding: reply, as: UTF8.self).unicodeScalars.map { scalar -> Character in
                scalar.properties.generalCategory == .control ? " " : Character(scalar)
            })
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, message.count - position)
        message.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
        position += count
        return count
    }

    /// - Parameter line: a command, or a line of an exchange that proves who this is: never kept.
    func sent(_ line: UnsafeRawBufferPointer) {
        isEnded = line.elementsEqual("QUIT\r\n".utf8)
        guard !isEnded else { return }
        reply = []
        isAboutMessage = line.starts(with: "RCPT TO:".utf8) || line.elementsEqual("DATA\r\n".utf8)
    }

    /// - Parameter line: one line of a reply.
    func received(_ line: UnsafeRawBufferPointer) {
        guard !isEnded else { return }
        // The reply to the message follows that to DATA without a command between them.
        if !line.prefix(3).elementsEqual(code) {
            reply = []
            code = Array(line.prefix(3))
        }
        let text = line.dropFirst(4).prefix { $0 != 0x0D && $0 != 0x0A }
        let separator: [UInt8] = reply.isEmpty ? [] : [0x20]
        reply += (separator + text).prefix(max(MailExchange.replyBytesMax - reply.count, 0))
    }
}
