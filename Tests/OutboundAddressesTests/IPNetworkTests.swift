import Glibc
import Settings
import Testing

@testable import OutboundAddresses

@Suite struct IPNetworkTests {
    @Test(arguments: [
        ("127.0.0.1", IPAddress.v4(0x7F00_0001)), ("255.255.255.255", .v4(.max)), ("::", .v6(0)), ("::1", .v6(1)),
        ("2001:DB8::7", .v6(0x2001_0DB8 << 96 | 7)), ("::ffff:10.0.0.1", .v6(0xFFFF_0A00_0001)),
    ])
    func `addresses are read from their text`(text: String, address: IPAddress) {
        #expect(IPAddress(text) == address)
        #expect(IPAddress(address.description) == address)
    }

    @Test(arguments: [
        "", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "256.0.0.1", "1.2.3.4.5", " 1.2.3.4", "1.2.3.4 ",
        "[::1]", "::1%1", "fe80::1%eth0", ":::", "1.2.3.4\0", "::1\0", "localhost",
    ])
    func `other texts are no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `addresses are read from the system's form`() {
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_addr.s_addr = UInt32(0x0A01_0203).bigEndian
        #expect(read(&v4, MemoryLayout<sockaddr_in>.size) == IPAddress("10.1.2.3"))
        #expect(read(&v4, MemoryLayout<sockaddr_in>.size - 1) == nil)
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr)
        #expect(read(&v6, MemoryLayout<sockaddr_in6>.size) == IPAddress("2001:db8::1"))
        #expect(read(&v6, MemoryLayout<sockaddr_in>.size) == nil)
        #expect(read(&v6, 0) == nil)
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        #expect(read(&local, MemoryLayout<sockaddr_un>.size) == nil)
    }

    private func read<Address>(_ address: inout Address, _ byteCount: Int) -> IPAddress? {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { IPAddress($0, byteCount: byteCount) }
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "9.255.255.255", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1/32", "127.0.0.2", false), ("0.0.0.0/0", "255.255.255.255", true),
        ("100.64.0.0/10", "100.127.255.255", true), ("100.64.0.0/10", "100.128.0.0", false),
        ("::1/128", "::1", true), ("::1", "::2", false), ("2000::/3", "3fff:ffff::", true),
        ("2000::/3", "4000::", false),
        ("::/0", "ffff::", true), ("::/0", "10.0.0.1", false), ("0.0.0.0/0", "::", false),
        ("127.0.0.0/8", "::ffff:127.0.0.1", false), ("::ffff:0:0/96", "::ffff:127.0.0.1", true),
        ("::ffff:0:0/96", "127.0.0.1", false),
    ])
    func `a network has what begins with its bits`(network: String, address: String, isIn: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
        #expect(IPNetwork(network.description) == network)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0.0/8/8", "10/8",
        "::/129", "::1/64", "10.0.0.0/ 8", "10.0.0.0/0008", "localhost/8",
    ])
    func `other texts are no network`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `a setting lists networks, and each mistake is named`() throws {
        var reader = EnvironmentReader(["NETWORKS": " 127.0.0.0/8, ::1 "])
        #expect(reader.networks("NETWORKS", "Which.").map(\.description) == ["127.0.0.0/8", "::1/128"])
        try reader.finish()
        reader = EnvironmentReader(["NETWORKS": "127.0.0.0/8,10.0.0.1/8"])
        _ = reader.networks("NETWORKS", "Which.")
        #expect(throws: ConfigurationError.self) { try reader.finish() }
        reader = EnvironmentReader([:] as [String: String])
        #expect(reader.networks("NETWORKS", "Which.") == [])
        try reader.finish()
    }
}
