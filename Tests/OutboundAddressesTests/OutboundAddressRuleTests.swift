import OutboundAddresses
import SeededRandom
import Testing

@Suite struct OutboundAddressRuleTests {
    /// The first and the last address of each network that is refused.
    private static let refused = [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
        "127.0.0.0", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.0", "192.0.2.255",
        "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
        "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0",
        "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1", "64:ff9b::", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
        "1fff:ffff::",
        "2001::", "2001::7f00:1", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002:7f00:1::", "2002:ffff::", "3fff::1", "3fff:fff:ffff::", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fec0::1", "ff02::1",
    ]

    /// The neighbors of the networks that are refused.
    private static let permitted = [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "2000::", "2001:200::", "2001:4860:4860::8888", "2001:db7:ffff::", "2001:db9::", "2003::",
        "2606:4700::1111", "3ffe::1", "3fff:1000::",
    ]

    @Test(arguments: refused) func `what is not of the public internet is refused`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!OutboundAddressRule().permits(address, isEncrypted: true))
        #expect(!OutboundAddressRule().permits(address, isEncrypted: false))
    }

    @Test(arguments: permitted) func `what is of the public internet is permitted over TLS alone`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(OutboundAddressRule().permits(address, isEncrypted: true))
        #expect(!OutboundAddressRule().permits(address, isEncrypted: false))
    }

    @Test func `an allowed network is reached without TLS too, and nothing else is by it`() throws {
        let rule = OutboundAddressRule(allowed: [try #require(IPNetwork("127.0.0.0/8"))])
        func permits(_ text: String, isEncrypted: Bool) throws -> Bool {
            rule.permits(try #require(IPAddress(text)), isEncrypted: isEncrypted)
        }
        #expect(try permits("127.0.0.1", isEncrypted: true))
        #expect(try permits("127.0.0.1", isEncrypted: false))
        #expect(try permits("8.8.8.8", isEncrypted: true))
        #expect(try !permits("8.8.8.8", isEncrypted: false))
        for text in ["10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"] {
            #expect(try !permits(text, isEncrypted: true), "\(text)")
        }
    }

    /// A rule of its own making: all of IPv6 that is permitted begins with 001.
    @Test func `no IPv6 address outside of global unicast is permitted`() {
        var random = SeededRandom("IPv6 addresses")
        for _ in 0..<10_000 {
            let number = random.bytes(count: 16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            let isPermitted = OutboundAddressRule().permits(.v6(number), isEncrypted: true)
            if number >> 125 != 1 { #expect(!isPermitted) }
        }
    }
}
