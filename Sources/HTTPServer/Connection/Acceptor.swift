private import Glibc
private import Resilience
internal import Telemetry
private import Threading

/// The thread that accepts connections and hands them to the event loop.
///
/// The library could do so itself, but 0.9.75 may abort the process when it is told to stop while it is at its limit of
/// connections, and it drops those that were waiting in the backlog; here they are still served.
final class Acceptor: Sendable {
    private let socket: ListenSocket
    private let connections: ConnectionTable
    private let connectionsMax: Int
    private let logger: Logger
    /// Closing the second ends the thread's wait on the first.
    private let wake: (read: Int32, write: Int32)
    private let thread = Lock<Thread?>(nil)

    /// - Returns: nil when there is no descriptor left. `socket` is the caller's to close then.
    init?(_ socket: ListenSocket, _ connections: ConnectionTable, connectionsMax: Int, logger: Logger) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = (ends[0], ends[1])
        self.socket = socket
        self.connections = connections
        self.connectionsMax = connectionsMax
        self.logger = logger
    }

    /// False when the system has no thread left.
    func start(_ eventLoop: EventLoop) -> Bool {
        let started = Thread.start { [self] in run(eventLoop) }
        thread.withLock { $0 = started }
        if started == nil {
            close(wake.write)
            close(wake.read)
        }
        return started != nil
    }

    /// Accepts what is in the backlog, then listens no more. A second call does nothing.
    func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        close(wake.write)
        running.join()
        close(wake.read)
    }

    private func run(_ eventLoop: EventLoop) {
        while true {
            var polled = [
                pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            ]
            // Without limit: `stop` ends the wait.
            let count = poll(&polled, 2, -1)
            guard count > 0 || errno == EINTR else { break }
            if polled[1].revents != 0 { break }
            guard connections.waitForPlace(of: connectionsMax, by: .after(milliseconds: 100)) else { continue }
            if !acceptWaiting(eventLoop) { Thread.sleep(milliseconds: 20) }
        }
        _ = acceptWaiting(eventLoop)
        close(socket.descriptor)
    }

    /// Accepts what waits, but no more than the backlog holds, so that `stop` is heard however fast clients come.
    ///
    /// - Returns: false when the system has no descriptor or memory for another connection.
    private func acceptWaiting(_ eventLoop: EventLoop) -> Bool {
        for _ in 0..<ListenSocket.backlog {
            guard connections.reservePlace(of: connectionsMax) else { return true }
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let descriptor = accept(socket.descriptor, address, &length)
                    if descriptor >= 0 { hand(descriptor, address, length, to: eventLoop) }
                    return descriptor
                }
            }
            guard descriptor < 0 else { continue }
            let code = errno
            connections.returnPlace()
            switch code {
            case EAGAIN: return true
            case EINTR, ECONNABORTED: continue
            default:
                logger.warning("No connection could be accepted.", ["reason": ListenSocket.describe(code)])
                return false
            }
        }
        return true
    }

    private func hand(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ byteCount: socklen_t, to eventLoop: EventLoop
    ) {
        // First, since the event loop may report it before it is back here.
        connections.handedOver(descriptor)
        if !eventLoop.add(descriptor, address: address, byteCount: Int(byteCount)) {
            connections.notTaken(descriptor)
        }
    }
}
