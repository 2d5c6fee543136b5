import BlockingTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

/// Nobody's change of a customer writes over one that they have not seen, and who has the present state is not sent it again.
@Suite(.blocking) struct CustomerVersionTests {
    private let harness: ServiceHarness
    private let ana: Int64

    init() throws {
        harness = try ServiceHarness()
        ana = try harness.customer("ana")
    }

    private var path: String { "/admin/customers/find-one/\(ana)" }

    private func patch(_ body: String, ifMatch: String, key: String? = nil) -> Reply {
        let client = key.map { harness.client.with(key: $0) } ?? harness.client
        return client.with("If-Match", ifMatch).patch("/admin/customers/update/\(ana)", body)
    }

    private var tag: String { harness.client.get(path).headers["ETag"] ?? "none" }

    @Test func `a version is told wherever a customer is, and changes with what is edited`() throws {
        let made = harness.create("eva")
        let path = "/admin/customers/find-one/\(made.id)"
        let first = try #require(made.headers["ETag"])
        #expect(first.hasPrefix("\""), "A strong tag: \(first)")
        #expect(harness.client.get(path).headers["ETag"] == first)
        #expect(harness.client.send(.head, path).headers["ETag"] == first)
        let unchanged = harness.client.patch("/admin/customers/update/\(made.id)", #"{"name":"eva"}"#)
        #expect(unchanged.headers["ETag"] == first)
        let changed = harness.client.patch("/admin/customers/update/\(made.id)", #"{"phone":"555"}"#)
        #expect(changed.headers["ETag"] != first)
        #expect(harness.client.get(path).headers["ETag"] == changed.headers["ETag"])
        let off = harness.client.patch("/admin/customers/logic-delete/\(made.id)")
        #expect(off.headers["ETag"] != changed.headers["ETag"])
        let twice = harness.client.patch("/admin/customers/logic-delete/\(made.id)")
        #expect(twice.headers["ETag"] == off.headers["ETag"])
    }

    @Test func `of two who change what they both have read, the second is told`() throws {
        let tag = tag
        #expect(patch(#"{"phone":"555"}"#, ifMatch: tag).status == 200)
        let second = patch(#"{"name":"other"}"#, ifMatch: tag)
        #expect(second.status == 412, "\(second)")
        #expect(second.code == "stale")
        #expect(second.json["retryable"] == .bool(false))
        let off = harness.client.with("If-Match", tag).patch("/admin/customers/logic-delete/\(ana)")
        #expect(off.status == 412, "\(off)")
        #expect(harness.client.get(path).data["is_active"] == .bool(true))
        #expect(harness.client.get(path).data["name"] == .string("ana"))
    }

    @Test func `a precondition is read as RFC 9110 has it`() throws {
        let tag = tag
        for matching in ["*", " \(tag) ", "\"x\", \(tag)", ",, \(tag) ,", "W/\"x\"\t,\"a,b\",\(tag)"] {
            #expect(patch("{}", ifMatch: matching).status == 200, "\(matching)")
        }
        for other in ["W/\(tag)", "\"x\"", "\"x\",\"y\"", "\"\"", "\"*\"", "\"a\\\""] {
            #expect(patch("{}", ifMatch: other).code == "stale", "\(other)")
        }
        for malformed in [
            "x", "\"", "\"a", "a\"", "w/\"a\"", "\"a\"\"b\"", "\"a\" \"b\"", "*, \"a\"", "\"a b\"", "W/*",
        ] {
            let reply = patch("{}", ifMatch: malformed)
            #expect(reply.status == 400, "\(malformed): \(reply)")
            #expect(reply.code == "invalid-header")
        }
        let twice = harness.client.with("If-Match", "\"x\"").with("If-Match", tag)
            .patch("/admin/customers/update/\(ana)", "{}")
        #expect(twice.status == 200, "Two fields are one list: \(twice)")
        let missing = harness.client.with("If-Match", "*").patch("/admin/customers/update/99", "{}")
        #expect(missing.status == 404, "Without the condition it would have been that, too: \(missing)")
    }

    @Test func `a repetition is answered before its precondition is looked at`() throws {
        let tag = tag
        let first = patch(#"{"phone":"555"}"#, ifMatch: tag, key: "key-1")
        #expect(first.status == 200)
        let again = patch(#"{"phone":"555"}"#, ifMatch: tag, key: "key-1")
        #expect(again.isReplay, "\(again)")
        #expect(again.body == first.body)
        let stale = patch(#"{"phone":"777"}"#, ifMatch: tag, key: "key-2")
        #expect(stale.code == "stale")
        let fresh = patch(#"{"phone":"777"}"#, ifMatch: self.tag, key: "key-2")
        #expect(fresh.status == 200, "A stale version is not kept under the key: \(fresh)")
        #expect(!fresh.isReplay)
    }

    @Test func `who has the present state is told that it is the present one`() throws {
        let tag = tag
        for path in [path, "/admin/customers/internal/customers/\(ana)"] {
            let client = harness.client.with(token: TestTokens.service)
            for matching in [tag, "W/\(tag)", "*", "\"x\", \(tag)"] {
                let reply = client.with("If-None-Match", matching).get(path)
                #expect(reply.status == 304, "\(matching): \(reply)")
                #expect(reply.body.isEmpty)
                #expect(reply.headers["ETag"] == tag)
                #expect(reply.headers["Content-Type"] == nil)
                #expect(reply.headers["Cache-Control"] == "no-store")
            }
            let other = client.with("If-None-Match", "\"x\"").get(path)
            #expect(other.status == 200)
            #expect(other.headers["ETag"] == tag)
            #expect(client.with("If-None-Match", "x").get(path).code == "invalid-header")
        }
        #expect(harness.client.patch("/admin/customers/update/\(ana)", #"{"phone":"555"}"#).status == 200)
        #expect(harness.client.with("If-None-Match", tag).get(path).status == 200)
        #expect(harness.client.with("If-None-Match", "*").get("/admin/customers/find-one/99").status == 404)
    }
}
