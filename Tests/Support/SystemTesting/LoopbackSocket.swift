private import Glibc

/// A TCP socket on this machine. Its owner closes it, once.
struct LoopbackSocket: Sendable {
    let descriptor: Int32

    /// Listens on a free port.
    static func listening() throws -> (socket: LoopbackSocket, port: Int) {
        let socket = try LoopbackSocket()
        var address = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.descriptor, $0, length) == 0 && listen(socket.descriptor, 128) == 0
                    && getsockname(socket.descriptor, $0, &length) == 0
            }
        }
        guard isListening else {
            socket.close()
            throw ServiceProcess.Failure(description: "No port to listen on.")
        }
        return (socket, Int(in_port_t(bigEndian: address.sin_port)))
    }

    /// Nil when nobody listens there.
    static func connected(to port: Int, timeoutSeconds: Int) -> LoopbackSocket? {
        guard let socket = try? LoopbackSocket() else { return nil }
        socket.setTimeout(seconds: timeoutSeconds)
        var address = address(port: port)
        let isConnected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return socket }
        socket.close()
        return nil
    }

    private init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ServiceProcess.Failure(description: "No socket is left.") }
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for a client; nil once the socket is shut down.
    func accepted(timeoutSeconds: Int) -> LoopbackSocket? {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return nil }
        // Else a service that is started meanwhile would keep the connection open.
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        let socket = LoopbackSocket(descriptor: client)
        socket.setTimeout(seconds: timeoutSeconds)
        return socket
    }

    /// Nil when the other side has ended, or was silent for too long.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    func send(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Wakes whoever waits on it; the descriptor stays taken.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func close() { Glibc.close(descriptor) }

    /// Closes it such that the other side sees a reset, and nothing waits in the kernel.
    func closeByReset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private func setTimeout(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
