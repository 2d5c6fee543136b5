import OutboundAddresses

/// Who calls, as far as the network tells.
struct ClientAddresses: Sendable {
    /// 10 proxies in a row are more than anybody has.
    private static let hopsMax = 10

    let proxies: [IPNetwork]

    /// The network that counts as one client: an address of IPv4, or the half of an address of IPv6 that a provider gives to one customer.
    ///
    /// - Parameters:
    ///   - remote: the other end of the connection.
    ///   - forwarded: the members of `X-Forwarded-For`. Each proxy adds whom it talked to at the end, so that from the end on as much is true
    ///     as proxies of ours have said.
    func client(remote: String, forwarded: [String]) -> String {
        guard var address = IPAddress(remote).map(ClientAddresses.plain) else { return remote }
        for member in forwarded.reversed().prefix(ClientAddresses.hopsMax) {
            guard proxies.contains(where: { $0.contains(address) }), let next = IPAddress(member) else { break }
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
