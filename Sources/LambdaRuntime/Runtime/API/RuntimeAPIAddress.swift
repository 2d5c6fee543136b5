private import Glibc
private import HTTPMessages

/// Where the runtime API is: what `AWS_LAMBDA_RUNTIME_API` holds, `host:port`, with a base path where an emulator adds one.
struct RuntimeAPIAddress: Sendable {
    /// What the `Host` field of a request names.
    let authority: String
    /// What comes before the path of every request; empty, or with a slash before and none after it.
    let basePath: String
    private let host: String
    private let port: String

    /// - Throws: `invalidAPIAddress` for anything but a name or an address, a port, and perhaps a path.
    init(_ text: String) throws(LambdaRuntimeError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.allSatisfy(RuntimeAPIAddress.isAllowed), let authority = Authority(parts[0]),
            !authority.host.isEmpty, let port = authority.port
        else { throw .invalidAPIAddress(text) }
        host = String(authority.isBracketed ? authority.host.dropFirst().dropLast() : authority.host)
        self.port = String(port)
        self.authority = String(parts[0])
        var path = parts.count > 1 ? "/" + parts[1] : ""
        while path.hasSuffix("/") { path.removeLast() }
        basePath = path
    }

    /// A connected socket.
    ///
    /// - Parameter timeoutMilliseconds: for the connection, and then for each wait to send or to receive.
    func connect(timeoutMilliseconds: Int) throws(RuntimeConnection.Failure) -> Int32 {
        guard let addresses = lookUp(AI_NUMERICSERV | AI_NUMERICHOST) ?? lookUp(AI_NUMERICSERV) else {
            throw .notSent("the name \(host) has no address")
        }
        defer { freeaddrinfo(addresses) }
        var code: Int32 = 0
        var next: UnsafeMutablePointer<addrinfo>? = addresses
        while let address = next {
            let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            code = errno
            if descriptor >= 0 {
                RuntimeAPIAddress.setOptions(descriptor, timeoutMilliseconds: timeoutMilliseconds)
                // The limit for sending is that of connecting, too (socket(7)).
                if Glibc.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                    return descriptor
                }
                code = errno
                close(descriptor)
            }
            next = address.pointee.ai_next
        }
        throw .notSent("no connection to \(authority): \(RuntimeConnection.text(ofError: code))")
    }

    private func lookUp(_ flags: Int32) -> UnsafeMutablePointer<addrinfo>? {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var addresses: UnsafeMutablePointer<addrinfo>?
        return getaddrinfo(host, port, &hints, &addresses) == 0 ? addresses : nil
    }

    private static func setOptions(_ descriptor: Int32, timeoutMilliseconds: Int) {
        var limit = timeval(tv_sec: timeoutMilliseconds / 1000, tv_usec: timeoutMilliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Visible ASCII without what a URL would give another meaning: credentials, query, fragment.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        0x21...0x7E ~= byte && !"@?#\\".utf8.contains(byte)
    }
}
