/// The addresses that begin with the same bits (RFC 4632).
package struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let address: IPAddress
    private let prefixLength: Int

    /// - Parameter text: an address, `/`, and how many of its bits count, such as `10.0.0.0/8`; or one address alone.
    /// - Returns: nil for anything else, also where a bit beyond those that count is set: that is a mistake of the writer's.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        self.address = address
        guard parts.count > 1 else {
            prefixLength = address.bitCount
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let length = Int(digits), length <= address.bitCount
        else { return nil }
        prefixLength = length
        guard IPNetwork.beginning(of: address, bitCount: length) == address else { return nil }
    }

    /// One that stands in this program's text.
    init(known text: String) {
        guard let network = IPNetwork(text) else { preconditionFailure("\(text) is no network.") }
        self = network
    }

    /// Whether the address is one of these; never one of IPv4 in a network of IPv6, however it may be written there.
    package func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4, .v4), (.v6, .v6): IPNetwork.beginning(of: other, bitCount: prefixLength) == address
        case (.v4, .v6), (.v6, .v4): false
        }
    }

    package var description: String { "\(address)/\(prefixLength)" }

    /// The address with all later bits 0.
    private static func beginning(of address: IPAddress, bitCount: Int) -> IPAddress {
        // A shift by all bits of a number gives 0 in Swift, which is right for a network of everything.
        switch address {
        case .v4(let number): .v4(number & (UInt32.max << (32 - bitCount)))
        case .v6(let number): .v6(number & (UInt128.max << (128 - bitCount)))
        }
    }
}
