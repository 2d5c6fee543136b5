/// Messages that are published together and confirmed together.
///
/// Small enough that the system's buffers take all of them although the broker reads nothing: one that is short of memory stops
/// reading, and a client that goes on sending waits for ever.
package struct PublishWindow: Sendable {
    /// 64: beyond it the rate hardly grows, and all of them may come a second time after a crash.
    package static let messagesMax = 64
    /// 64 KiB of bodies, which is also the largest event.
    package static let bytesMax = 64 * 1024

    package private(set) var messages: [AMQPMessage] = []
    /// Of all bodies.
    package private(set) var byteCount = 0

    package init() {}

    /// Adds a message at the end.
    ///
    /// - Returns: false where it does not fit; it then fits into no window if this one is empty: its body is larger than
    ///   `bytesMax`, or a name longer than 255 bytes.
    package mutating func append(_ message: AMQPMessage) -> Bool {
        guard messages.count < PublishWindow.messagesMax,
            message.body.count <= PublishWindow.bytesMax - byteCount, message.hasCarriableNames
        else { return false }
        messages.append(message)
        byteCount += message.body.count
        return true
    }

    package var isEmpty: Bool { messages.isEmpty }
}
