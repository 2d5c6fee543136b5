internal import Glibc

/// A numeric IPv4 or IPv6 address with a port, as the system's calls want it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    let family: Int32

    /// - Parameter host: numeric, an IPv6 one with or without brackets; or `localhost`, read as 127.0.0.1. Names are not
    ///   looked up: a server that starts must not wait for a resolver.
    /// - Throws: `addressInvalid` for anything else.
    init(host: String, port: in_port_t) throws(HTTPServerError) {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let text = host == "localhost" ? "127.0.0.1" : isBracketed ? String(host.dropFirst().dropLast()) : host
        var four = in_addr()
        var six = in6_addr()
        if !isBracketed, inet_pton(AF_INET, text, &four) == 1 {
            family = AF_INET
            let address = sockaddr_in(
                sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: four,
                sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in.self) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            family = AF_INET6
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = six
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in6.self) }
        } else {
            throw .addressInvalid(host)
        }
    }

    mutating func withPointer<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return withUnsafePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    static func port(of address: UnsafePointer<sockaddr>) -> Int {
        let raw = UnsafeRawPointer(address)
        return Int(
            Int32(address.pointee.sa_family) == AF_INET6
                ? in_port_t(bigEndian: raw.loadUnaligned(as: sockaddr_in6.self).sin6_port)
                : in_port_t(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_port))
    }

    /// The address without its port; empty for a family that is neither IPv4 nor IPv6. An IPv4 client of a socket that
    /// takes both is written as IPv4.
    static func text(of address: UnsafePointer<sockaddr>) -> String {
        let raw = UnsafeRawPointer(address)
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            var four = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            inet_ntop(AF_INET, &four, &buffer, socklen_t(buffer.count))
        case AF_INET6:
            var six = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            inet_ntop(AF_INET6, &six, &buffer, socklen_t(buffer.count))
        default: return ""
        }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
    }
}
