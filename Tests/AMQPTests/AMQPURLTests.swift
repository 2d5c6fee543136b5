import AMQP
import BlockingTesting
import Testing

@Suite(.blocking) struct AMQPURLTests {
    @Test func `a whole URL is taken apart, and its escapes are decoded`() throws {
        let url = try #require(AMQPURL("amqps://or%40ders:p%2Fw:d@broker.example:5679/events%2Fall"))
        #expect(url.isEncrypted)
        #expect(url.host == "broker.example")
        #expect(url.port == 5679)
        #expect(url.username == "or@ders")
        #expect(url.vhost == "events/all")
    }

    @Test(arguments: [
        ("amqp://host", 5672, "/"), ("amqp://host/", 5672, "/"), ("AMQP://host:1/%2f", 1, "/"),
        ("amqps://host/x", 5671, "x"),
        ("amqp://[::1]:5/x", 5, "x"), ("amqp://u:@host", 5672, "/"),
    ])
    func `what is missing is the protocol's default`(text: String, port: Int, vhost: String) throws {
        let url = try #require(AMQPURL(text))
        #expect(url.port == port)
        #expect(url.vhost == vhost)
    }

    @Test func `an address of IPv6 loses its brackets`() throws {
        let url = try #require(AMQPURL("amqp://[::1]:5/x"))
        #expect(url.host == "::1")
        #expect(url.isHostAddress)
        #expect(url.description == "amqp://guest@[::1]:5/x")
    }

    @Test(arguments: [
        "", "host", "http://host", "amqp:/host", "amqp://", "amqp://u:p@", "amqp://u@host", "amqp://:p@host",
        "amqp://a@b@host",
        "amqp://host:0", "amqp://host:65536", "amqp://host:x", "amqp://host/a/b", "amqp://host?x=1", "amqp://host/#a",
        "amqp://ho st", "amqp://host/\u{E4}", "amqp://u:%zz@host", "amqp://u:p%00@host", "amqp://host/%00",
        "amqp://[]:5672",
        "amqp://\(String(repeating: "u", count: 256)):p@host",
    ])
    func `anything else is refused`(text: String) {
        #expect(AMQPURL(text) == nil)
    }

    @Test func `the password is never shown`() throws {
        let url = try #require(AMQPURL("amqp://orders:hunter2@host/x"))
        var dumped = ""
        dump(AMQPConfiguration(url: url, connectionName: "tests"), to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("orders@host:5672/x"))
        }
    }
}
