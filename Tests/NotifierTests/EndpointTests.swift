import BlockingTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WebhookSignatures

@testable import Notifier

@Suite(.blocking) struct EndpointTests {
    static let create = "/admin/webhooks/create-endpoint"
    static let whole =
        #"{"url":"https://shop.example.com/hook","types":["order.confirmed","order.created","order.confirmed"],"description":"Shop"}"#

    @Test func `a new endpoint comes with its secret, and is found without it`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(Self.create, Self.whole)
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.headers["Location"] == "/admin/webhooks/find-one/\(reply.id)")
        #expect(reply.headers["ETag"] == "\"1\"")
        #expect(reply.data["secret"]?.string?.hasPrefix("whsec_") == true)
        #expect(reply.data["types"] == .array([.string("order.confirmed"), .string("order.created")]))
        #expect(reply.data["status"] == .string("ACTIVE"))
        let found = harness.client.get("/admin/webhooks/find-one/\(reply.id)")
        #expect(found.status == 200)
        #expect(found.data["secret"] == nil)
        #expect(found.data["url"] == .string("https://shop.example.com/hook"))
        #expect(found.headers["ETag"] == "\"1\"")
        let least = harness.client.post(Self.create, #"{"url":"https://shop.example.com"}"#)
        #expect(least.data["types"] == .null && least.data["description"] == .null, "\(least)")
        #expect(harness.client.get("/admin/webhooks/find-all").ids == [least.id, reply.id])
        #expect(harness.client.get("/admin/webhooks/find-all?status=DISABLED").ids == [])
    }

    @Test func `a repetition is answered without the secret, and nothing in the database holds it in clear`() throws {
        let harness = try ServiceHarness()
        let client = harness.client.with(key: "key-1")
        let first = client.post(Self.create, Self.whole)
        let secret = try #require(first.data["secret"]?.string)
        let again = client.post(Self.create, Self.whole)
        #expect(again.isReplay && again.status == 201, "\(again)")
        #expect(again.data["secret"] == .null)
        #expect(again.data["id"] == first.data["id"])
        #expect(try harness.count("SELECT COUNT(*) FROM endpoints") == 1)
        let rotation = client.post("/admin/webhooks/\(first.id)/rotate-secret")
        let second = try #require(rotation.data["secret"]?.string)
        #expect(second != secret)
        #expect(rotation.data["previous_secret_until"] != .null)
        let repeated = client.post("/admin/webhooks/\(first.id)/rotate-secret")
        #expect(repeated.isReplay && repeated.data["secret"] == .null, "\(repeated)")
        for text in [secret, second] {
            let bytes = try #require(SigningBytes.of(text))
            #expect(try holds(harness, Array(text.utf8)) == false)
            #expect(try holds(harness, bytes) == false)
        }
    }

    /// Whether a row of any table that could hold it does.
    private func holds(_ harness: ServiceHarness, _ bytes: [UInt8]) throws -> Bool {
        let endpoints = try harness.count(
            """
            SELECT COUNT(*) FROM endpoints WHERE LOCATE(\(bytes), secret) > 0
                OR LOCATE(\(bytes), COALESCE(previous_secret, '')) > 0
            """)
        let keys = try harness.count(
            "SELECT COUNT(*) FROM idempotency_keys WHERE LOCATE(\(bytes), response_body) > 0")
        return endpoints + keys > 0
    }

    @Test(arguments: [
        ("http://10.0.0.1:8080/", "format"), ("https://10.0.0.1/", "address-not-allowed"),
        ("https://169.254.169.254/latest", "address-not-allowed"), ("https://[::1]/", "address-not-allowed"),
        ("https://2130706433/", "address-not-allowed"), ("https://0x7f.1/", "address-not-allowed"),
        ("https://[::ffff:127.0.0.1]/", "address-not-allowed"), ("https://user@example.com/", "format"),
        ("https://example.com:25/", "format"), ("https://example.com/#part", "format"),
        ("ftp://example.com/", "format"),
        ("https:///path", "format"), ("https://exa mple.com/", "format"),
    ])
    func `a hostile URL is refused`(_ url: String, _ code: String) throws {
        let harness = try ServiceHarness(["WEBHOOK_ALLOWED_NETWORKS": ""])
        let reply = harness.client.post(Self.create, #"{"url":"\#(url)"}"#)
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["/url \(code)"], "\(reply)")
        let known = try harness.endpoint("https://example.com/")
        let patch = harness.client.patch("/admin/webhooks/update/\(known.id)", #"{"url":"\#(url)"}"#)
        #expect(patch.violations == ["/url \(code)"], "\(patch)")
    }

    @Test func `a URL is kept in one form, and none that would be too long in it`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(Self.create, #"{"url":"HTTPS://Shop.Example.com:443?a=b"}"#)
        #expect(reply.data["url"] == .string("https://shop.example.com/?a=b"), "\(reply)")
        let query = String(repeating: "a", count: 2048 - "https://b.example?".utf8.count)
        let long = harness.client.post(Self.create, #"{"url":"https://b.example?\#(query)"}"#)
        #expect(long.violations == ["/url length"], "\(long)")
        let longest = harness.client.post(Self.create, #"{"url":"https://b.example/\#(query)"}"#)
        #expect(longest.status == 201, "\(longest)")
    }

    @Test func `every mistake of a body is told`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(
            Self.create, #"{"channel":"pigeon","types":["order.created","order.eaten"],"description":"\u0007"}"#)
        #expect(
            reply.violations == [
                "/channel unknown-value", "/url required", "/types unknown-value", "/description control-character",
            ])
        #expect(
            harness.client.post(Self.create, #"{"url":"https://a.example","types":[]}"#).violations == ["/types empty"])
    }

    @Test func `a merge patch changes an endpoint, under its version`() throws {
        let harness = try ServiceHarness()
        let id = harness.client.post(Self.create, Self.whole).id
        let path = "/admin/webhooks/update/\(id)"
        let changed = harness.client.patch(path, #"{"url":"https://b.example:8443/x","types":null}"#)
        #expect(changed.status == 200, "\(changed)")
        #expect(changed.data["url"] == .string("https://b.example:8443/x"))
        #expect(changed.data["types"] == .null)
        #expect(changed.data["description"] == .string("Shop"))
        #expect(changed.headers["ETag"] == "\"2\"")
        let late = harness.client.with("If-Match", "\"1\"").patch(path, #"{"description":null}"#)
        #expect(late.status == 412, "\(late)")
        #expect(harness.client.patch(path, "{}").headers["ETag"] == "\"2\"")
    }

    @Test func `a deactivated endpoint is not sent to, and can be taken back in two ways`() throws {
        let harness = try ServiceHarness()
        let id = try harness.endpoint("https://a.example").id
        for back in ["update", "enable"] {
            let gone = harness.client.patch("/admin/webhooks/logic-delete/\(id)")
            #expect(gone.data["status"] == .string("INACTIVE") && gone.data["is_active"] == .bool(false), "\(gone)")
            #expect(harness.client.patch("/admin/webhooks/logic-delete/\(id)").data == gone.data)
            let refused = harness.client.post("/admin/webhooks/\(id)/test")
            #expect(refused.code == "webhook-not-active", "\(refused)")
            #expect(try harness.take([try event(harness.nextSeq, order: 1)]).deliveryCount == 0)
            let taken =
                back == "enable"
                ? harness.client.post("/admin/webhooks/\(id)/enable")
                : harness.client.patch("/admin/webhooks/update/\(id)", #"{"is_active":true}"#)
            #expect(taken.data["status"] == .string("ACTIVE"), "\(taken)")
        }
        #expect(try harness.take([try event(harness.nextSeq, order: 1)]).deliveryCount == 1)
    }

    @Test func `there are a hundred endpoints at most`() throws {
        let harness = try ServiceHarness()
        var last: Int64 = 0
        for number in 0..<Endpoint.countMax { last = try harness.endpoint("https://a\(number).example").id }
        let refused = harness.client.with(key: "k").post(Self.create, Self.whole)
        #expect(refused.code == "webhook-limit-reached", "\(refused)")
        #expect(harness.client.patch("/admin/webhooks/logic-delete/\(last)").status == 200)
        #expect(harness.client.with(key: "k").post(Self.create, Self.whole).isReplay)
        #expect(harness.client.post(Self.create, Self.whole).status == 201)
        #expect(harness.client.post("/admin/webhooks/\(last)/enable").code == "webhook-limit-reached")
        let patch = harness.client.patch("/admin/webhooks/update/\(last)", #"{"is_active":true}"#)
        #expect(patch.code == "webhook-limit-reached", "\(patch)")
    }

    @Test func `what is not there is not found`() throws {
        let harness = try ServiceHarness()
        for id in ["1", "0", "x"] {
            #expect(harness.client.get("/admin/webhooks/find-one/\(id)").code == "webhook-not-found")
            #expect(harness.client.patch("/admin/webhooks/update/\(id)", "{}").code == "webhook-not-found")
            #expect(harness.client.patch("/admin/webhooks/logic-delete/\(id)").code == "webhook-not-found")
            for action in ["rotate-secret", "test", "enable"] {
                #expect(harness.client.post("/admin/webhooks/\(id)/\(action)").code == "webhook-not-found")
            }
            let replay = harness.client.with(key: "k").post("/admin/webhooks/\(id)/replay", #"{"from_seq":1}"#)
            #expect(replay.code == "webhook-not-found")
            #expect(harness.client.get("/admin/deliveries/find-one/\(id)").code == "delivery-not-found")
            #expect(harness.client.post("/admin/deliveries/\(id)/redeliver").code == "delivery-not-found")
        }
    }

    @Test func `a key that was never encrypted by is no key, and a service without one does not start`() throws {
        for (key, reason) in [("", "must be set"), ("c2hvcnQ=", "32 bytes"), ("not base64", "32 bytes")] {
            #expect(throws: (any Error).self, "\(reason)") { _ = try ServiceHarness(["SECRETS_KEY": key]) }
        }
    }
}

extension ServiceHarness {
    /// The number of the next event.
    var nextSeq: Int64 { get throws { try count("SELECT seq FROM feed_cursor") + 1 } }
}

/// The bytes that a secret's text stands for.
enum SigningBytes {
    static func of(_ text: String) -> [UInt8]? { SigningSecret(text)?.bytes }
}
