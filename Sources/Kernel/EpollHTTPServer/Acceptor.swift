internal import Concurrency
private import Glibc
internal import Resilience
internal import Telemetry

/// Takes connections from the socket that listens, as long as there is a place for them. On the event loop's thread.
struct Acceptor {
    static let token = UInt64.max - 1

    private let socket: ListenSocket
    private let poller: Poller
    private let connectionsMax: Int
    private let logger: Logger
    private var isWatching: Bool
    /// When to try again after the system had no descriptor or memory for a connection; nil where it had.
    private(set) var pauseEnd: Deadline?

    init(_ socket: ListenSocket, _ poller: Poller, connectionsMax: Int, logger: Logger) {
        self.socket = socket
        self.poller = poller
        self.connectionsMax = connectionsMax
        self.logger = logger
        isWatching = poller.add(socket.descriptor, token: Acceptor.token, .reading)
    }

    /// Takes what waits, until the server is full.
    mutating func accept(into connections: ConnectionLoop, load: ServerLoad) {
        while load.current.connections < connectionsMax {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let (descriptor, address) = withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let descriptor = Glibc.accept(socket.descriptor, address, &length)
                    return (descriptor, descriptor < 0 ? "" : SocketAddress.text(of: address))
                }
            }
            guard descriptor < 0 else {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
                // An answer is one write; waiting to put it into one packet with the next would only delay it.
                var isOn: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
                connections.open(descriptor, remoteAddress: address)
                continue
            }
            switch errno {
            case EAGAIN: return
            case EINTR, ECONNABORTED: continue
            default:
                if pauseEnd == nil {
                    logger.warning("No connection could be accepted.", ["reason": ListenSocket.describe(errno)])
                }
                pauseEnd = .after(milliseconds: Acceptor.pauseMilliseconds)
                watch(false)
                return
            }
        }
        watch(false)
    }

    /// Watches the socket again where there is a place again, or the system may have what it lacked.
    mutating func resume(load: ServerLoad) {
        guard !isWatching, load.current.connections < connectionsMax, pauseEnd?.hasPassed ?? true else { return }
        pauseEnd = nil
        watch(true)
    }

    func close() { _ = Glibc.close(socket.descriptor) }

    private mutating func watch(_ isOn: Bool) {
        isWatching = isOn
        poller.change(socket.descriptor, token: Acceptor.token, isOn ? .reading : [])
    }

    /// Between two tries while the system has no room. 100 ms: somebody closes something meanwhile, or nobody does.
    private static let pauseMilliseconds = 100
}
