/// The addresses of the public internet: those that IANA's registries of special purposes do not keep for something else.
///
/// https://www.iana.org/assignments/iana-ipv4-special-registry https://www.iana.org/assignments/iana-ipv6-special-registry
enum PublicAddresses {
    static func contains(_ address: IPAddress) -> Bool {
        switch address {
        case .v4: !specialV4.contains { $0.contains(address) }
        case .v6: globalV6.contains(address) && !specialV6.contains { $0.contains(address) }
        }
    }

    private static let specialV4 = [
        "0.0.0.0/8",  // This network; Linux takes 0.0.0.0 for itself.
        "10.0.0.0/8",  // Private.
        "100.64.0.0/10",  // Shared by a carrier's customers; Alibaba's metadata.
        "127.0.0.0/8",  // Loopback.
        "168.63.129.16",  // Azure's host of each machine: in public space, and not of the registry.
        "169.254.0.0/16",  // Link-local; the metadata of most clouds.
        "172.16.0.0/12",  // Private.
        "192.0.0.0/24",  // Protocols; Oracle's metadata.
        "192.0.2.0/24",  // Documentation.
        "192.88.99.0/24",  // Relays to IPv6, given up.
        "192.168.0.0/16",  // Private.
        "198.18.0.0/15",  // Benchmarks.
        "198.51.100.0/24",  // Documentation.
        "203.0.113.0/24",  // Documentation.
        "224.0.0.0/4",  // Multicast.
        "240.0.0.0/4",  // Reserved; broadcast.
    ].map(IPNetwork.init(known:))

    /// All that is assigned as global unicast. Outside of it are loopback, `::ffff:0:0/96` and `64:ff9b::/96`, which are other ways to
    /// write IPv4, link-local and private addresses, and multicast.
    private static let globalV6 = IPNetwork(known: "2000::/3")

    private static let specialV6 = [
        "2001::/23",  // Protocols: Teredo, which carries IPv4; benchmarks; ORCHID.
        "2001:db8::/32",  // Documentation.
        "2002::/16",  // 6to4, which carries IPv4.
        "3fff::/20",  // Documentation.
    ].map(IPNetwork.init(known:))
}
