import OutboundAddresses
import Testing

@Suite struct WebhookURLTests {
    private static let publicOnly = OutboundAddressRule()

    private let localToo: OutboundAddressRule

    init() throws { localToo = OutboundAddressRule(allowed: [try #require(IPNetwork("127.0.0.0/8"))]) }

    private func error(_ text: String, rule: OutboundAddressRule = publicOnly) -> WebhookURLError? {
        do throws(WebhookURLError) {
            _ = try WebhookURL(text, rule: rule)
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        ("https://example.com", "https://example.com/"), ("HTTPS://Example.COM:443/a?b=c", "https://example.com/a?b=c"),
        ("https://example.com?x", "https://example.com/?x"),
        ("https://example.com:8443/A/../b", "https://example.com:8443/b"),
        ("https://hooks.example.com/T0/B0?token=%7E", "https://hooks.example.com/T0/B0?token=%7E"),
        ("https://8.8.8.8/", "https://8.8.8.8/"), ("https://134744072/", "https://8.8.8.8/"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://a_b.example-1.com:1024/", "https://a_b.example-1.com:1024/"),
        ("https://xn--mller-kva.example/", "https://xn--mller-kva.example/"),
        ("https://localhost/", "https://localhost/"),
    ])
    func `a URL has one form`(text: String, form: String) throws {
        let url = try WebhookURL(text, rule: Self.publicOnly)
        #expect(url.description == form)
        #expect(try WebhookURL(form, rule: Self.publicOnly) == url)
    }

    @Test func `a URL is taken apart`() throws {
        let url = try WebhookURL("https://[2606:4700::1111]:8443/a/b?c=d/e?f", rule: Self.publicOnly)
        #expect(url.isEncrypted)
        #expect(url.host == "[2606:4700::1111]")
        #expect(url.port == 8443)
        #expect(url.target == "/a/b?c=d/e?f")
    }

    /// What others have been attacked by.
    @Test(arguments: HostileAddresses.texts) func `no spelling of an address that is not public is taken`(text: String)
    {
        let error = error(text)
        if case .address = error { return }
        #expect(error == .host || error == .malformed, "\(text): \(String(describing: error))")
    }

    @Test(arguments: [
        ("http://example.com/", WebhookURLError.scheme(publicOnly)), ("ftp://example.com/", .scheme(publicOnly)),
        ("file:///etc/passwd", .scheme(publicOnly)), ("example.com", .scheme(publicOnly)), ("", .scheme(publicOnly)),
        ("//example.com/", .scheme(publicOnly)), ("https:/example.com/", .scheme(publicOnly)),
        ("gopher://example.com:11211/", .scheme(publicOnly)), ("https://user@example.com/", .credentials),
        ("https://user:password@example.com/", .credentials), ("https://:@example.com/", .credentials),
        ("https://@example.com/", .credentials), ("https://8.8.8.8@127.0.0.1/", .credentials),
        ("https://example.com/#", .fragment), ("https://example.com#@127.0.0.1/", .fragment), ("https:///", .host),
        ("https:///127.0.0.1/", .host), ("https://?x", .host), ("https://:8443/", .malformed),
        ("https://.example.com/", .host),
        ("https://example..com/", .host), ("https://example.com./", .host), ("https://exa%6dple.com/", .host),
        ("https://a,b.example/", .malformed), ("https://example.com:0/", .port), ("https://example.com:80/", .port),
        ("https://example.com:22/", .port), ("https://example.com:1023/", .port),
        ("https://example.com:65536/", .malformed),
        ("https://example.com:4a3/", .malformed), ("https://example.com/ ", .characters),
        (" https://example.com/", .characters),
        ("https://example.com\\@127.0.0.1/", .characters), ("https://exam\tple.com/", .characters),
        ("https://example.com/\r\nHost: x", .characters), ("https://example.com/\0", .characters),
        ("https://müller.example/", .characters), ("https://１２７.0.0.1/", .characters),
        ("https://example.com/{id}", .characters),
    ])
    func `what is wrong is named`(text: String, expected: WebhookURLError) {
        #expect(error(text) == expected)
        #expect(!expected.message.isEmpty)
    }

    @Test func `it has at most 2,048 bytes`() {
        let start = "https://example.com/"
        #expect(error(start + String(repeating: "a", count: 2048 - start.utf8.count)) == nil)
        #expect(error(start + String(repeating: "a", count: 2049 - start.utf8.count)) == .tooLong)
        #expect(error("https://" + String(repeating: "a", count: 64) + ".example/") == .host)
        #expect(error("https://" + String(repeating: "a.", count: 127) + "example/") == .host)
    }

    @Test func `http is taken where networks are allowed, for them alone`() throws {
        let url = try WebhookURL("http://127.0.0.1:8080/hook", rule: localToo)
        #expect(!url.isEncrypted)
        #expect(url.description == "http://127.0.0.1:8080/hook")
        #expect(try WebhookURL("https://127.1:8080/hook", rule: localToo).description == "https://127.0.0.1:8080/hook")
        #expect(error("http://localhost:8080/", rule: localToo) == nil)
        #expect(error("http://127.0.0.1/", rule: localToo) == .port)
        #expect(error("http://8.8.8.8:8080/", rule: localToo) == .address(.v4(0x0808_0808)))
        #expect(error("https://10.0.0.1/", rule: localToo) == .address(.v4(0x0A00_0001)))
        #expect(error("ftp://127.0.0.1:2121/", rule: localToo) == .scheme(localToo))
    }
}
