import BlockingTesting
import CurlHTTPClient
import Settings
import Testing

@Suite(.blocking) struct OriginTests {
    @Test(arguments: [
        ("http://localhost:3001", "http://localhost:3001"), ("HTTPS://example.com/", "https://example.com"),
        ("http://10.0.0.1:80/base/path/", "http://10.0.0.1:80/base/path"), ("http://[::1]:3002", "http://[::1]:3002"),
        ("http://orders_api", "http://orders_api"),
    ])
    func `an origin is scheme, host, port and base path`(url: String, text: String) {
        #expect(Origin(url)?.description == text)
    }

    @Test(arguments: [
        "", "localhost:3001", "ftp://host", "http://", "http:///path", "http://user:secret@host", "http://host?a=1",
        "http://host#part", "http://host:0", "http://host:65536", "http://host:", "http://host:80x", "http://ho st",
        "http://host\r\nX: 1", "http://[::1", "http://[host]", "http://höst", "file:///etc/passwd", "http://a:1:2",
    ])
    func `anything else is no origin`(url: String) {
        #expect(Origin(url) == nil)
    }

    @Test func `a setting that names an origin is a URL`() {
        var reader = EnvironmentReader(["BASE": "https://orders.example/", "BROKEN": "orders.example"])
        #expect(reader.origin("BASE", default: "http://127.0.0.1:1", "")?.description == "https://orders.example")
        #expect(reader.origin("ABSENT", default: "http://127.0.0.1:1", "")?.description == "http://127.0.0.1:1")
        #expect(reader.origin("BROKEN", default: "http://127.0.0.1:1", "") == nil)
        let read = reader
        let error = #expect(throws: ConfigurationError.self) { try read.finish("value") }
        #expect(error?.mistakes == ["BROKEN must be a URL such as http://127.0.0.1:1."])
    }
}
