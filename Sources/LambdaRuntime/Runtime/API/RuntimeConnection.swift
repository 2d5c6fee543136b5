import Concurrency
private import Glibc

/// One kept-alive HTTP/1.1 connection to the runtime API, for one thread at a time.
///
/// Plain sockets instead of libcurl: the loop is two requests of a few hundred bytes to a server on the same machine, libcurl
/// costs as much as everything else in it together, and loading it costs more than starting the process. It also gives a
/// stalled transfer to another thread to interrupt, and trailers.
final class RuntimeConnection {
    /// Why an exchange has no reply.
    enum Failure: Error {
        /// There is no connection, so the API knows nothing of the request.
        case notSent(String)
        /// The connection ended before a whole reply had come.
        case dropped(String)
        case timedOut
        /// The reply is no HTTP/1.1, or is larger than any that the API sends.
        case malformed(String)

        var reason: String {
            switch self {
            case .notSent(let reason): "The request was not sent: \(reason)."
            case .dropped(let reason): "The connection ended before the reply: \(reason)."
            case .timedOut: "The API did not answer in time."
            case .malformed(let reason): "The API's reply cannot be read: \(reason)."
            }
        }

        /// Whether a new connection may be all that it takes.
        var isWorthOneMoreAttempt: Bool {
            switch self {
            case .notSent, .dropped: true
            case .timedOut, .malformed: false
            }
        }
    }

    let address: RuntimeAPIAddress
    private let timeoutMilliseconds: Int
    private(set) var descriptor: Int32 = -1

    /// - Parameter timeoutMilliseconds: 10 s by default: the API is on the same machine and takes 6 MiB in milliseconds.
    init(_ address: RuntimeAPIAddress, timeoutMilliseconds: Int = 10_000) {
        self.address = address
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// The moment by which an exchange that starts now has to be over.
    var limit: Deadline { .after(milliseconds: timeoutMilliseconds) }

    func connect() throws(Failure) {
        if descriptor < 0 { descriptor = try address.connect(timeoutMilliseconds: timeoutMilliseconds) }
    }

    /// Sends both, as one packet where they fit.
    func send(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, by limit: Deadline) throws(Failure) {
        var sent = 0
        let total = head.count + body.count
        while sent < total {
            let headRest = UnsafeRawBufferPointer(rebasing: head[min(sent, head.count)...])
            let bodyRest = UnsafeRawBufferPointer(rebasing: body[max(sent - head.count, 0)...])
            let count = write(headRest, bodyRest)
            if count > 0 {
                sent += count
            } else if errno == EAGAIN || errno == EINTR {
                guard !limit.hasPassed else { throw .timedOut }
            } else {
                throw .dropped(RuntimeConnection.text(ofError: errno))
            }
        }
    }

    /// Blocks until at least one byte is there.
    ///
    /// - Parameter limit: nil waits without limit.
    /// - Returns: how many bytes came, never 0.
    func receive(into buffer: UnsafeMutableRawBufferPointer, by limit: Deadline?) throws(Failure) -> Int {
        let count = try receiveUnlessEnded(into: buffer, by: limit)
        guard count > 0 else { throw RuntimeConnection.closedByAPI }
        return count
    }

    /// As `receive`, and 0 when the API has ended its side in order: a connection that broke is a failure here too.
    func receiveUnlessEnded(into buffer: UnsafeMutableRawBufferPointer, by limit: Deadline?) throws(Failure) -> Int {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            guard errno == EAGAIN || errno == EINTR else { throw .dropped(RuntimeConnection.text(ofError: errno)) }
            if let limit, limit.hasPassed { throw .timedOut }
        }
    }

    static let closedByAPI = Failure.dropped("the API closed it")

    static func text(ofError code: Int32) -> String {
        code == EINPROGRESS || code == EAGAIN ? "no answer in time" : String(cString: strerror(code))
    }

    /// A peer that is gone must be an error here, hence no signal.
    private func write(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> Int {
        guard !body.isEmpty else { return Glibc.send(descriptor, head.baseAddress, head.count, Int32(MSG_NOSIGNAL)) }
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count)
        )
        return withUnsafeMutablePointer(to: &parts) { pointer in
            pointer.withMemoryRebound(to: iovec.self, capacity: 2) { pointer in
                var message = msghdr()
                message.msg_iov = pointer
                message.msg_iovlen = 2
                return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            }
        }
    }
}
