package import HTTPMessages
package import OutboundAddresses

/// Who calls, as far as the network tells.
package struct ClientAddresses: Sendable {
    /// 10 proxies in a row are more than anybody has.
    private static let hopsMax = 10

    private let proxies: [IPNetwork]

    /// - Parameter proxies: the networks of the proxies in front, whose `X-Forwarded-For` is believed.
    package init(proxies: [IPNetwork]) { self.proxies = proxies }

    /// The network that counts as one client: an address of IPv4, or the half of an address of IPv6 that a provider gives to one customer.
    ///
    /// - Parameter remote: the other end of the connection.
    package func client(of request: Request, remote: String) -> String {
        client(
            remote: remote,
            forwarded: request.headers.values(of: "X-Forwarded-For").flatMap { HeaderFields.members(of: $0) })
    }

    /// - Parameter forwarded: the members of `X-Forwarded-For`. Each proxy adds whom it talked to at the end, so that from the end on as much
    ///   is true as proxies of ours have said.
    func client(remote: String, forwarded: [some StringProtocol]) -> String {
        guard var address = IPAddress(remote).map(ClientAddresses.plain) else { return remote }
        for member in forwarded.reversed().prefix(ClientAddresses.hopsMax) {
            guard proxies.contains(where: { $0.contains(address) }), let next = IPAddress(String(member)) else { break }
            address = ClientAddresses.plain(next)
        }
        switch address {
        case .v4: return address.description
        case .v6(let number): return "\(IPAddress.v6(number & (UInt128.max << 64)))/64"
        }
    }

    /// IPv4 where it is written in IPv6.
    private static func plain(_ address: IPAddress) -> IPAddress {
        guard case .v6(let number) = address, number >> 32 == 0xFFFF else { return address }
        return .v4(UInt32(truncatingIfNeeded: number))
    }
}
