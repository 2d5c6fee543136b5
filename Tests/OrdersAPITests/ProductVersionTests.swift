import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

/// Nobody's change of a product writes over one that they have not seen.
@Suite(.blocking) struct ProductVersionTests {
    private let harness: ServiceHarness
    private let chair: Int64

    init() throws {
        harness = try ServiceHarness(customers: "http://127.0.0.1:1")
        chair = try harness.product("chair")
    }

    private func get() -> Reply { harness.client.get("/admin/products/find-one/\(chair)") }

    private func patch(_ body: String, ifMatch: String, key: String? = nil) -> Reply {
        let client = key.map { harness.client.with(key: $0) } ?? harness.client
        return client.with("If-Match", ifMatch).patch("/admin/products/update/\(chair)", body)
    }

    @Test func `of two who change what they both have read, the second is told`() throws {
        let tag = try #require(get().headers["ETag"])
        let first = patch(#"{"price_cents":1}"#, ifMatch: tag)
        #expect(first.status == 200, "\(first)")
        #expect(first.headers["ETag"] != tag)
        #expect(first.headers["ETag"] == get().headers["ETag"])
        let second = patch(#"{"name":"Lamp"}"#, ifMatch: tag)
        #expect(second.status == 412, "\(second)")
        #expect(second.code == "stale")
        let off = harness.client.with("If-Match", tag).patch("/admin/products/logic-delete/\(chair)")
        #expect(off.code == "stale", "\(off)")
        #expect(get().data["name"] == .string("chair name"))
        #expect(get().data["is_active"] == .bool(true))
        let now = try #require(get().headers["ETag"])
        #expect(harness.client.with("If-Match", now).patch("/admin/products/logic-delete/\(chair)").status == 200)
    }

    @Test func `the stock is not among what a version is of`() throws {
        let tag = try #require(get().headers["ETag"])
        #expect(harness.adjust(chair, 5, key: "key-1").status == 200)
        #expect(get().headers["ETag"] == tag)
        #expect(patch(#"{"price_cents":7}"#, ifMatch: tag).status == 200)
        #expect(try harness.stock(chair) == 15)
        let stocked = harness.client.with("If-None-Match", try #require(get().headers["ETag"]))
            .get("/admin/products/find-one/\(chair)")
        #expect(stocked.status == 200, "Its stock may have changed, so it is never 304: \(stocked)")
    }

    @Test func `a change that meets another one under way is told when that has been made`() throws {
        let tag = try #require(get().headers["ETag"])
        let answer = Lock<Reply?>(nil)
        var thread: Thread?
        try harness.holding("UPDATE products SET price_cents = 7, version = version + 1 WHERE id = \(chair)") {
            thread = Thread.start { [self] in
                let reply = patch(#"{"name":"Lamp"}"#, ifMatch: tag)
                answer.withLock { $0 = reply }
            }
            let isWaiting = try harness.hasWaiting(1)
            #expect(isWaiting)
        }
        thread?.join()
        let reply = try #require(answer.withLock { $0 })
        #expect(reply.code == "stale", "\(reply)")
        #expect(get().data["name"] == .string("chair name"))
        #expect(get().data["price_cents"] == .integer(7))
    }

    @Test func `of many who change the same version at once one succeeds`() throws {
        let tag = try #require(get().headers["ETag"])
        let replies = try inParallel(8) { [self] number in patch(#"{"price_cents":\#(number + 1)}"#, ifMatch: tag) }
        #expect(replies.count { $0.status == 200 } == 1, "\(replies)")
        #expect(replies.allSatisfy { $0.status == 200 || $0.code == "stale" }, "\(replies)")
    }
}
