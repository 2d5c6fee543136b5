private import Glibc
internal import HTTPTypes
private import Synchronization

/// One request and its answer, from the request line to the last byte out.
///
/// `@unchecked Sendable`: it stands for a connection of the C library. The event loop's thread alone uses it until the
/// body is whole; then the queue's lock hands `request` and `arrival`, which change no more, to one worker; `answer` is
/// written once, by whoever turns `isSettled`, before the library's own lock hands the connection back to the loop.
final class Exchange: @unchecked Sendable {
    enum Stage {
        case head, body, whole, handling, answered
        /// Answered past the library, which only waits for the end of the connection.
        case refused
    }

    /// The library's pointer, as a number: it may cross threads but is followed only by the library.
    let connection: UInt
    let descriptor: Int32
    /// As it stood in the request line; nil where it is not UTF-8.
    let target: String?
    let targetByteCount: Int

    var stage = Stage.head
    var request: Request?
    var arrival = Arrival(uptimeNanoseconds: 0, remoteAddress: "")
    var bodyBytesReceived = 0
    var isBodyTooLarge = false
    /// Whether the connection ends with the answer, since what follows the body may not be a request.
    var isLastOnConnection = false

    private let settled = Atomic(false)
    private(set) var answer: Response?

    init(connection: UInt, descriptor: Int32, target: String?, targetByteCount: Int) {
        self.connection = connection
        self.descriptor = descriptor
        self.target = target
        self.targetByteCount = targetByteCount
    }

    var isSettled: Bool { settled.load(ordering: .acquiring) }

    /// Gives the answer and wakes the connection, unless somebody was first: a handler may come after its deadline.
    ///
    /// - Returns: whether this answer is the one that the client gets.
    @discardableResult
    func settle(_ response: Response) -> Bool {
        guard settled.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            return false
        }
        answer = response
        EventLoop.resume(connection: connection)
        return true
    }

    /// Sends what the socket takes at once, and the end of the stream after it: the client reads both before it notices
    /// that nobody listens. What the library writes later is lost. On the event loop's thread only, with no answer
    /// begun.
    func end(with bytes: [UInt8]) {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
