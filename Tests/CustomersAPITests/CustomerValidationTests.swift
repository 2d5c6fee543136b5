import BlockingTesting
import HTTPMessages
import JSON
import ServiceTesting
import Testing

@Suite(.blocking) struct CustomerValidationTests {
    static let path = "/admin/customers/create-customer"

    @Test func `everything wrong with a body is said at once, and nothing is written`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(
            Self.path, #"{"name":"","email":"no address","phone":5,"identity_card":"","address":"a\u0000b"}"#)
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.code == "validation-failed")
        #expect(
            reply.violations == [
                "/name length", "/email format", "/phone type", "/identity_card length", "/address control-character",
            ])
        #expect(reply.headers["Content-Type"] == "application/problem+json")
        #expect(
            reply.json.names == [
                "type", "title", "status", "detail", "instance", "code", "retryable", "trace_id", "errors",
            ])
        #expect(reply.json["status"] == .integer(422))
        #expect(reply.json["instance"] == .string(Self.path))
        #expect(reply.json["retryable"] == .bool(false))
        #expect(reply.json["type"] == .string("/problems/validation-failed"))
        #expect(reply.json["trace_id"]?.string?.utf8.count == 32)
        #expect(try harness.count == 0)
    }

    @Test func `what is missing or null is required`() throws {
        let harness = try ServiceHarness()
        #expect(
            harness.client.post(Self.path, "{}").violations == ["/name required", "/email required", "/phone required"])
        let nulls = harness.client.post(Self.path, #"{"name":null,"email":null,"phone":null,"address":null}"#)
        #expect(nulls.violations == ["/name required", "/email required", "/phone required"])
    }

    @Test func `a value that just fits is taken, and one character more is not`() throws {
        let harness = try ServiceHarness()
        func body(_ name: Int, _ card: Int, _ address: Int, _ phone: Int, _ local: Int) -> String {
            func text(_ count: Int) -> String { String(repeating: "ñ", count: count) }
            let email = String(repeating: "e", count: local) + "@" + String(repeating: "d", count: 60) + ".com"
            return """
                {"name":"\(text(name))","email":"\(email)","phone":"\(String(repeating: "5", count: phone))",
                "identity_card":"\(text(card))","address":"\(text(address))"}
                """
        }
        let fits = harness.client.post(Self.path, body(120, 32, 255, 32, 189))
        #expect(fits.status == 201, "\(fits)")
        let exceeds = harness.client.post(Self.path, body(121, 33, 256, 33, 190))
        #expect(
            exceeds.violations == [
                "/name length", "/email length", "/phone length", "/identity_card length", "/address length",
            ])
    }

    @Test(arguments: [
        "a", "a@b", "@example.com", "a@", "a b@example.com", "a@@example.com", "a@example..com", "a@-x.com",
        "ü@example.com", "a@exämple.com", "<a@example.com>", "a@example.com, b@example.com",
    ])
    func `a text that is no e-mail address is refused`(text: String) throws {
        let harness = try ServiceHarness()
        let reply = harness.client.post(Self.path, newCustomer("ana", email: text))
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations.count == 1)
        #expect(reply.violations[0].hasPrefix("/email "))
    }

    @Test func `a text of blanks only is refused, and blanks around a text are kept`() throws {
        let harness = try ServiceHarness()
        let blank = harness.client.post(Self.path, #"{"name":"  ","email":"a@b.com","phone":"    ","address":" "}"#)
        #expect(blank.violations == ["/name format", "/phone format", "/address format"], "\(blank)")
        let kept = harness.client.post(Self.path, #"{"name":" Ana ","email":"a@b.com","phone":"ext. 12"}"#)
        #expect(kept.data["name"] == .string(" Ana "), "\(kept)")
    }

    @Test func `a wrong method is answered with the right ones`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.get(Self.path)
        #expect(reply.status == 405)
        #expect(reply.code == "method-not-allowed")
        #expect(reply.headers["Allow"] == "POST")
        #expect(harness.client.get("/admin/customers/nowhere").code == "route-not-found")
    }

    @Test(arguments: ["0", "-1", "abc", "60001", "1.5", ""])
    func `a malformed time-out is refused`(value: String) throws {
        let harness = try ServiceHarness()
        let reply = harness.client.with("X-Request-Timeout-Ms", value).get("/admin/customers/find-all")
        #expect(reply.status == 400, "\(reply)")
        #expect(reply.code == "invalid-header")
    }

    @Test func `a correlation id travels back, and a malformed one is refused`() throws {
        let harness = try ServiceHarness()
        let reply = harness.client.with("X-Correlation-Id", "req-456").get("/admin/customers/find-all")
        #expect(reply.headers["X-Correlation-Id"] == "req-456")
        let refused = harness.client.with("X-Correlation-Id", "a b").get("/admin/customers/find-all")
        #expect(refused.status == 400)
        #expect(refused.code == "invalid-header")
        let trace = harness.client.with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .get("/admin/customers/find-one/7")
        #expect(trace.json["trace_id"] == .string("0af7651916cd43dd8448eb211c80319c"))
    }
}
