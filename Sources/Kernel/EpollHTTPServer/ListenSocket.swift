private import Glibc

/// A socket that listens, opened by us instead of the parser library so that what can go wrong has a type.
struct ListenSocket: Sendable {
    let descriptor: Int32
    /// The one asked for, or the one that the system chose.
    let port: Int

    /// - Throws: `addressInUse`, `addressInvalid`, `permissionDenied` or `system`, by what `bind` says.
    static func open(host: String, port: Int) throws(HTTPServerError) -> ListenSocket {
        guard let port = in_port_t(exactly: port) else { throw .system("\(port) is not a port") }
        var address = try SocketAddress(host: host, port: port)
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .system(describe(errno)) }
        // A restart must not wait for the connections of its predecessor to time out.
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            let code = errno
            close(descriptor)
            switch code {
            case EADDRINUSE: throw .addressInUse(host: host, port: Int(port))
            case EADDRNOTAVAIL, EAFNOSUPPORT: throw .addressInvalid(host)
            case EACCES: throw .permissionDenied(port: Int(port))
            default: throw .system(describe(code))
            }
        }
        return ListenSocket(descriptor: descriptor, port: localPort(descriptor) ?? Int(port))
    }

    /// Handshakes that the kernel completes before we accept. 1024: a burst of clients that all connect at once.
    private static let backlog: Int32 = 1024

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func localPort(_ descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? SocketAddress.port(of: address) : nil
            }
        }
    }

    static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }
}
