/// The host of a URL: a name, or an address.
struct WebhookHost {
    /// Of a name in the domain name system (RFC 1035 section 2.3.4).
    private static let nameBytesMax = 253

    let text: String
    let address: IPAddress?

    /// - Parameter host: as libcurl gives it, which has put any form of IPv4 that it reads, such as `2130706433` or `0x7f.1`, into four
    ///   decimal numbers.
    /// - Returns: nil for what is neither, also for a name whose end looks like a number: some reader might take it for an address.
    init?(_ host: String) {
        if host.utf8.first == UInt8(ascii: "[") {
            guard host.utf8.last == UInt8(ascii: "]"), let address = IPAddress(String(host.dropFirst().dropLast())),
                case .v6 = address
            else { return nil }
            self.address = address
            text = "[\(address)]"
            return
        }
        text = host.lowercased()
        address = IPAddress(text)
        guard address == nil else { return }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.utf8.count <= WebhookHost.nameBytesMax, labels.allSatisfy(WebhookHost.isLabel),
            let last = labels.last, !WebhookHost.isNumber(last)
        else { return nil }
    }

    /// Letters, digits, hyphens, and the underscore, which is no host's by the rules but is used.
    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        1...63 ~= label.count
            && label.allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || "-_".utf8.contains($0) }
    }

    /// As the URL standard of browsers says of a host that ends in a number.
    private static func isNumber(_ label: Substring.UTF8View) -> Bool {
        if label.allSatisfy(isDigit) { return true }
        return label.starts(with: "0x".utf8)
            && label.dropFirst(2).allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
