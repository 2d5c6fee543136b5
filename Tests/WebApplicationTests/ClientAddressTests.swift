import OutboundAddresses
import Testing

@testable import WebApplication

@Suite struct ClientAddressTests {
    @Test(arguments: [
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"), ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9", "10.0.0.2"], "203.0.113.9"), ("10.0.0.1", ["x"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9", "x"], "10.0.0.1"), ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"), ("", ["203.0.113.9"], ""),
        ("10.0.0.1", Array(repeating: "10.0.0.1", count: 50) + ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9"] + Array(repeating: "10.0.0.1", count: 50), "10.0.0.1"),
    ])
    func `a client is whom the last proxy of ours has seen`(remote: String, forwarded: [String], client: String) throws
    {
        let addresses = ClientAddresses(proxies: [try #require(IPNetwork("10.0.0.0/8"))])
        #expect(addresses.client(remote: remote, forwarded: forwarded) == client)
    }
}
