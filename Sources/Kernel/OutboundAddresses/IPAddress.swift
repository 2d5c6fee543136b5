internal import Glibc

/// An address of IPv4 or IPv6.
package enum IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// In the order of its digits: 127.0.0.1 is 0x7F000001.
    case v4(UInt32)
    case v6(UInt128)

    /// - Parameter text: four decimal numbers, or IPv6 without brackets and zone.
    /// - Returns: nil for anything else, also for the forms of IPv4 that only some programs read (`127.1`, `0x7f.0.0.1`).
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        // A zero byte would end the text for inet_pton and for nobody else.
        guard !text.utf8.contains(0) else { return nil }
        if inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self = .v6(IPAddress.number(v6))
        } else {
            return nil
        }
    }

    /// - Parameters:
    ///   - address: as the system's calls take it.
    ///   - byteCount: how many bytes stand there.
    /// - Returns: nil for what is neither, or is cut.
    init?(_ address: UnsafePointer<sockaddr>, byteCount: Int) {
        let bytes = UnsafeRawPointer(address)
        guard byteCount >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where byteCount >= MemoryLayout<sockaddr_in>.size:
            self = .v4(UInt32(bigEndian: bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6 where byteCount >= MemoryLayout<sockaddr_in6>.size:
            self = .v6(IPAddress.number(bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr))
        default: return nil
        }
    }

    /// As RFC 5952 writes it, without brackets.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch self {
        case .v4(let number):
            var address = in_addr(s_addr: number.bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        case .v6(let number):
            var bytes = number.bigEndian
            inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    var bitCount: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    private static func number(_ address: in6_addr) -> UInt128 {
        withUnsafeBytes(of: address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }
}
