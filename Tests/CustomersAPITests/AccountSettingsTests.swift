import BlockingTesting
import Digests
import HTTPMessages
import JSON
import ServiceTesting
import Settings
import Testing

@testable import CustomersAPI

@Suite(.blocking) struct AccountSettingsTests {
    private static func choice(_ values: [String: String]) throws -> AccountsChoice {
        var reader = EnvironmentReader(values)
        return try CustomersConfig(&reader).accounts
    }

    private static func mistakes(_ values: [String: String]) -> [String] {
        do {
            _ = try choice(["JWT_SECRET": AccountHarness.secret].merging(values) { $1 })
            return []
        } catch { return (error as? ConfigurationError)?.mistakes ?? [] }
    }

    @Test func `accounts are on with a secret and a way to send links, and else say why they are off`() throws {
        let outside = [
            "JWT_SECRET": AccountHarness.secret, "HOST": "0.0.0.0", "API_TOKEN": TestTokens.api,
            "SERVICE_TOKEN": TestTokens.service,
        ]
        let mail = ["SMTP_URL": "smtps://mail.example", "MAIL_FROM": "hello@shop.example"]
        for (values, cause) in [
            ([:], "JWT_SECRET is not set"), (outside, "SMTP_URL is not set, and links are logged on loopback only"),
            (outside.merging(mail) { $1 }, "PUBLIC_URL is not set, and nobody reaches HOST by a link"),
        ] {
            guard case .off(let text) = try Self.choice(values) else {
                Issue.record("on: \(values)")
                continue
            }
            #expect(text == cause)
        }
        for values in [
            ["JWT_SECRET": AccountHarness.secret],
            outside.merging(mail) { $1 }.merging(["PUBLIC_URL": "https://shop.example"]) { $1 },
        ] {
            guard case .on(let settings) = try Self.choice(values) else {
                Issue.record("off: \(values)")
                continue
            }
            #expect(settings.accessSeconds == 900 && settings.refreshSeconds == 604_800)
        }
    }

    @Test func `where accounts are off every operation says so`() throws {
        let harness = try ServiceHarness()
        for operation in ["register", "login", "refresh", "logout", "confirm"] {
            let reply = harness.client.post("/api/v1/auth/\(operation)", "{}")
            #expect(reply.status == 404 && reply.code == "accounts-off", "\(reply)")
        }
        #expect(harness.client.get("/api/v1/auth/confirm").code == "accounts-off")
    }

    @Test func `accounts need no API token where others do, and no page of another site uses them without one`() throws
    {
        let open = try AccountHarness()
        let page = open.client.with("Origin", "https://evil.example")
        let foreign = open.client.with("Host", "evil.example")
        for operation in ["register", "login", "refresh", "logout"] {
            #expect(page.post("/api/v1/auth/\(operation)", "{}").code == "cross-site-request")
            #expect(foreign.post("/api/v1/auth/\(operation)", "{}").code == "host-not-allowed")
        }
        #expect(page.get("/api/v1/auth/confirm").code == "invalid-link")
        let closed = try AccountHarness(["API_TOKEN": TestTokens.api])
        #expect(closed.login().code == "invalid-credentials")
        #expect(closed.client.get("/admin/customers/find-all").status == 401)
    }

    @Test func `every operation refuses a malformed header, and those with a body anything but an object of JSON`()
        throws
    {
        let harness = try AccountHarness()
        let late = harness.client.with("X-Request-Timeout-Ms", "0")
        #expect(late.get("/api/v1/auth/confirm").code == "invalid-header")
        #expect(late.post("/api/v1/auth/confirm").code == "invalid-header")
        for operation in ["register", "login", "refresh", "logout"] {
            let target = "/api/v1/auth/\(operation)"
            #expect(late.post(target, "{}").code == "invalid-header")
            #expect(harness.client.post(target, "{").code == "malformed-json")
            #expect(harness.client.post(target, "1").code == "body-not-object")
            #expect(harness.client.with("Content-Type", "text/plain").post(target, "{}").status == 415)
            #expect(harness.client.get(target).code == "method-not-allowed")
        }
    }

    @Test(arguments: [
        ("900", 900), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("60s", 60), ("0", 0), ("", nil), ("m", nil),
        ("-1", nil), ("+1", nil), ("1.5h", nil), ("15 m", nil), ("1w", nil), ("15M", nil), ("1h30m", nil), ("٣", nil),
        ("9999999999", nil),
    ])
    func `a lifetime is seconds, or a number and its unit`(text: String, seconds: Int?) {
        #expect(Lifetime.seconds(text) == seconds)
    }

    @Test(arguments: [
        ("https://shop.example", "https://shop.example"), ("http://127.0.0.1:3001/", "http://127.0.0.1:3001"),
        ("https://shop.example/base//", "https://shop.example/base"), ("https://[::1]:8443", "https://[::1]:8443"),
        ("shop.example", nil), ("ftp://shop.example", nil), ("https://", nil), ("https:///x", nil),
        ("https://a@shop.example", nil), ("https://shop.example/?a", nil), ("https://shop.example/#a", nil),
        ("https://shop.example/ x", nil), ("https://shop.example:x", nil),
    ])
    func `a public URL is a scheme, a host, and perhaps a port and a path`(text: String, url: String?) {
        #expect(PublicURL(text)?.text == url)
    }

    @Test func `each mistake in a setting is told`() {
        #expect(Self.mistakes(["JWT_SECRET": "short"]).count == 1)
        #expect(Self.mistakes(["JWT_EXPIRES_IN": "59s"]).count == 1)
        #expect(Self.mistakes(["JWT_EXPIRES_IN": "2d", "JWT_REFRESH_EXPIRES_IN": "91d"]).count == 2)
        #expect(Self.mistakes(["PUBLIC_URL": "shop.example"]).count == 1)
        #expect(Self.mistakes(["JWT_CUSTOMER_CLAIM": "exp"]).count == 1)
        #expect(Self.mistakes(["TRUSTED_PROXIES": "10.0.0.1/8"]).count == 1)
        #expect(Self.mistakes(["SMTP_URL": "smtp://mail.example"]).count == 1)
        #expect(Self.mistakes(["MAIL_FROM": "a@b.example"]).count == 1)
        #expect(Self.mistakes(["PASSWORD_HASHINGS_MAX": "0"]).count == 1)
        #expect(Self.mistakes(["TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8", "JWT_EXPIRES_IN": "3600"]) == [])
    }

    @Test func `a password's hash is read as it was written, and nothing else is`() throws {
        let cheap = try #require(Scrypt.Parameters(costLog2: 4, blockSize: 8, parallelism: 1))
        let hash = try #require(PasswordHash(of: Array("password".utf8), cheap))
        let read = try #require(PasswordHash(hash.text))
        #expect(read.isHash(of: Array("password".utf8)) == true && read.isHash(of: Array("Password".utf8)) == false)
        #expect(PasswordHash(of: Array("password".utf8), cheap)?.text != hash.text, "Each has a salt of its own.")
        for text in [
            "", "x", hash.text + "$", String(hash.text.dropLast()),
            hash.text.replacing("ln=4", with: "ln=24"), hash.text.replacing("ln=4", with: "ln=99"),
            hash.text.replacing("r=8", with: "r=x"), hash.text.replacing("p=1", with: "q=1"),
            hash.text.replacing("scrypt", with: "argon2"),
        ] { #expect(PasswordHash(text) == nil, "\(text)") }
    }
}
