import HTTPMessages
import JSON
import Testing
import WebApplication

/// Without an API token its routes are open to programs of this machine, and to no web page.
@Suite struct AnonymousCallerTests {
    private let harness = Harness(apiTokens: [], origins: ["https://shop.example"])

    private func code(_ headers: HeaderFields, _ harness: Harness? = nil) -> String {
        let response = (harness ?? self.harness).respond(.get, "/items/1", headers)
        #expect([.ok, Status(403)].contains(response.status))
        return response.code ?? "ok"
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:3001", "127.0.0.1", "127.0.0.1:3001", "127.255.3.4:1", "[::1]", "[::1]:3001",
    ])
    func `a loopback host is this machine`(host: String) {
        #expect(code(["Host": host]) == "ok")
    }

    @Test(arguments: [
        "evil.example", "evil.example:3001", "127.0.0.1.evil.example", "localhost.evil.example", "127.evil.example",
        "127.0.0.evil", "127.0.0.256", "127.0.0", "0.0.0.0", "10.0.0.5:3001", "[::2]", "[::1", "::1", "", "[::1]x",
        "localhost:x",
        "localhost:99999", "local\u{301}host", "128.0.0.1", "127.0.0.1:", "a@127.0.0.1",
    ])
    func `any other host is refused`(host: String) {
        #expect(code(["Host": host]) == "host-not-allowed")
    }

    @Test(arguments: [
        ("https://evil.example", "cross-site-request"), ("null", "cross-site-request"), ("", "cross-site-request"),
        ("http://127.0.0.1:5173", "cross-site-request"), ("http://localhost:3001", "cross-site-request"),
        ("https://shop.example.evil", "cross-site-request"), ("HTTPS://SHOP.EXAMPLE", "cross-site-request"),
        ("https://shop.example", "ok"), ("http://127.0.0.1:3001", "ok"), ("https://127.0.0.1:3001", "ok"),
    ])
    func `a page's origin must be the service's own or listed`(origin: String, expected: String) {
        #expect(code(["Host": "127.0.0.1:3001", "Origin": origin]) == expected)
        // What the browser adds changes nothing about an origin that is known.
        #expect(code(["Host": "127.0.0.1:3001", "Origin": origin, "Sec-Fetch-Site": "cross-site"]) == expected)
    }

    @Test(arguments: [
        ("cross-site", "cross-site-request"), ("same-site", "cross-site-request"), ("x", "cross-site-request"),
        ("same-origin", "ok"), ("none", "ok"),
    ])
    func `without an origin the browser says where a request comes from`(site: String, expected: String) {
        #expect(code(["Host": "localhost:3001", "Sec-Fetch-Site": site]) == expected)
    }

    @Test func `of two origins both must be allowed`() {
        var headers: HeaderFields = ["Host": "127.0.0.1", "Origin": "http://127.0.0.1"]
        headers.append("Origin", "https://evil.example")
        #expect(code(headers) == "cross-site-request")
    }

    @Test func `who has a token may come under any name`() {
        let foreign: HeaderFields = [
            "Host": "evil.example", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site",
        ]
        var headers = foreign
        headers["Authorization"] = "Bearer service-1"
        #expect(code(headers) == "ok")
        headers["Authorization"] = "Bearer api-1"
        #expect(code(headers, Harness()) == "ok")
        headers["Authorization"] = "Bearer wrong"
        #expect(code(headers) == "host-not-allowed")
        #expect(Harness().respond(.get, "/items/1", foreign).status == .unauthorized)
    }

    @Test func `what needs no token anyway, or always one, asks for no host`() {
        let headers: HeaderFields = ["Host": "evil.example", "Origin": "https://evil.example"]
        #expect(harness.respond(.get, "/open", headers).status == .ok)
        #expect(harness.respond(.get, "/internal", headers).status == .unauthorized)
        #expect(harness.respond(.get, "/nowhere", headers).status == .notFound)
    }

    @Test func `a preflight is answered as CORS says`() {
        var headers: HeaderFields = ["Host": "127.0.0.1", "Access-Control-Request-Method": "GET"]
        headers["Origin"] = "https://shop.example"
        #expect(harness.respond(.options, "/items/1", headers).status == .noContent)
        headers["Origin"] = "https://evil.example"
        let refused = harness.respond(.options, "/items/1", headers)
        #expect(refused.status == .methodNotAllowed)
        #expect(refused.headers["Access-Control-Allow-Origin"] == nil)
    }

    @Test func `a page that is listed reads its answer, one that is not reads no refusal`() {
        let listed = harness.respond(.get, "/items/1", ["Host": "127.0.0.1", "Origin": "https://shop.example"])
        #expect(listed.headers["Access-Control-Allow-Origin"] == "https://shop.example")
        let other = harness.respond(.get, "/items/1", ["Host": "127.0.0.1", "Origin": "https://evil.example"])
        #expect(other.headers["Access-Control-Allow-Origin"] == nil)
        #expect(other.json?["retryable"] == .bool(false))
    }
}
