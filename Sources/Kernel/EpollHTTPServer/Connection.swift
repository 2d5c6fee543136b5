internal import Concurrency
private import Glibc
internal import HTTPMessages

/// One open connection, which belongs to the event loop's thread.
final class Connection {
    enum Stage {
        case reading
        /// A worker has the request, or will.
        case handling(Exchange)
        case writing
        /// The last answer is out; what still arrives is dropped until the client closes, or closing would take the answer
        /// from it (RFC 9112 section 9.6).
        case lingering
    }

    let descriptor: Int32
    /// Unlike the descriptor, never another connection's.
    let token: UInt64
    let remoteAddress: String
    var reader: RequestReader
    var stage = Stage.reading
    /// By when something must have happened. It counts from the beginning of each stage, so that a byte now and then
    /// does not prolong it.
    var deadline: Deadline
    /// By when the request that a worker has must be answered.
    var requestDeadline = Deadline(uptimeNanoseconds: 0)
    /// The stage that `deadline` is for, while the connection reads.
    var readerStage: RequestReader.Stage? = .idle
    var interest = Poller.Interest.reading
    /// `CLOCK_MONOTONIC` when the head of the request that is read had been read; nil before.
    var headReadNanoseconds: UInt64?
    /// Whether a request has begun whose answer is not out yet, and which no exchange counts.
    var isInFlight = false
    /// Why the request that waits is refused when its deadline comes; nil for one that a worker has.
    var refusal: RequestRefusal?
    /// How often the client was ready while its answer was being written.
    var earlyEvents = 0
    /// Whether the connection ends with its next answer.
    var closesAfterAnswer = false
    /// Reset while its request was being handled.
    var isBroken = false
    private var output: [UInt8] = []
    private var written = 0

    init(_ descriptor: Int32, token: UInt64, remoteAddress: String, reader: RequestReader, deadline: Deadline) {
        self.descriptor = descriptor
        self.token = token
        self.remoteAddress = remoteAddress
        self.reader = reader
        self.deadline = deadline
    }

    enum Received {
        case some
        /// Nothing more for now.
        case nothing
        /// The client has finished sending.
        case end
        case failure
    }

    /// Hands what has arrived to `body`.
    func receive(_ scratch: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) -> Received {
        while true {
            let count = recv(descriptor, scratch.baseAddress, scratch.count, 0)
            if count > 0 {
                body(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                return .some
            }
            if count == 0 { return .end }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .nothing : .failure
        }
    }

    enum Sent { case all, part, failure }

    /// Writes `bytes`, of which somebody may have written some, as far as the socket takes them. Nothing may be waiting.
    func send(_ bytes: [UInt8], from count: Int = 0) -> Sent {
        output = bytes
        written = count
        return sendWaiting()
    }

    /// Writes what is waiting, as far as the socket takes it.
    func sendWaiting() -> Sent {
        let sent = Connection.send(output, from: &written, to: descriptor)
        if case .all = sent {
            output = []
            written = 0
        }
        return sent
    }

    /// Writes `bytes`, as far as the socket takes them.
    ///
    /// - Parameter written: how many of them it has.
    static func send(_ bytes: [UInt8], from written: inout Int, to descriptor: Int32) -> Sent {
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                return .part
            } else if errno != EINTR {
                return .failure
            }
        }
        return .all
    }

    /// The client may have the answer, and send its next request, before the answer's writer has come to say so. It is about to:
    /// to look again a few times costs less than to have it tell.
    func looksAgain() -> Bool {
        earlyEvents += 1
        return earlyEvents <= Connection.earlyEventsMax
    }

    private static let earlyEventsMax = 8

    /// Whether its request was in flight until now, as its exchange counts.
    var leavesFlight: Bool {
        if case .handling(let exchange) = stage { exchange.leaveFlight() } else { false }
    }

    /// Tells the client that nothing more comes.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}
