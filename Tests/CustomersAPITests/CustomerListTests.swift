import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WordSearch

@testable import CustomersAPI

@Suite(.blocking) struct CustomerListTests {
    static let path = "/admin/customers/find-all"

    private func search(_ harness: ServiceHarness, _ text: String, _ rest: String = "") -> [Int64] {
        harness.client.get("\(Self.path)?search=\(PercentEncoding.encode(text))\(rest)").ids
    }

    @Test func `a page has its rows newest first, and says whether there is more`() throws {
        let harness = try ServiceHarness()
        let ids = try ["a", "b", "c"].map { try harness.customer($0) }
        let page = harness.client.get("\(Self.path)?limit=2")
        #expect(page.status == 200)
        #expect(page.ids == [ids[2], ids[1]])
        #expect(page.json.names == ["data", "meta"])
        #expect(page.json["meta"]?.names == ["limit", "next_cursor", "has_next"])
        #expect(page.json["meta"]?["limit"] == .integer(2))
        #expect(page.json["meta"]?["has_next"] == .bool(true))
        #expect(page.data.array?.first?.names == CustomerTests.members)
        let cursor = try #require(page.nextCursor)
        #expect(page.headers["Link"] == "<\(Self.path)?limit=2&cursor=\(cursor)>; rel=\"next\"")
        let last = harness.client.get("\(Self.path)?limit=2&cursor=\(cursor)")
        #expect(last.ids == [ids[0]])
        #expect(last.json["meta"]?["has_next"] == .bool(false))
        #expect(last.json["meta"]?["next_cursor"] == .null)
        #expect(last.headers["Link"] == nil)
    }

    @Test func `an empty list is an empty page`() throws {
        let harness = try ServiceHarness()
        let page = harness.client.get(Self.path)
        #expect(page.data == .array([]))
        #expect(page.json["meta"]?["limit"] == .integer(20))
    }

    @Test func `a search finds the words of any of the four texts, whatever their case and accents`() throws {
        let harness = try ServiceHarness()
        let ana = try harness.customer("Ana Tórres", email: "ana.t@shop.example.com", identityCard: "ID-77")
        let luis = try harness.customer("Luis Vega", email: "lv@example.com")
        for text in [
            "ANA", "torres ana", "tor", "ana.t@shop.example.com", "ANA.T@sh", "t@shop", "shop.example", "id-77",
            "ID77", "77",
        ] {
            #expect(search(harness, text) == [ana], "\(text)")
        }
        for text in ["+593 99 123 4567", "991234567", "99-123", "4567", "example"] {
            #expect(search(harness, text) == [luis, ana], "\(text)")
        }
        for text in ["nobody", "an", "orres", "ana vega", "hop.example"] {
            #expect(search(harness, text) == [], "\(text)")
        }
    }

    @Test func `a changed customer is found by the new words, and not by the old`() throws {
        let harness = try ServiceHarness()
        let id = try harness.customer("Ana", email: "ana@example.com")
        let patch = #"{"name":"Eva","email":"eva@example.org","phone":"111","identity_card":"X-9"}"#
        #expect(harness.client.patch("/admin/customers/update/\(id)", patch).status == 200)
        for text in ["eva", "eva@example.org", "111", "x9"] { #expect(search(harness, text) == [id], "\(text)") }
        for text in ["ana", "ana@example.com", "4567"] { #expect(search(harness, text) == [], "\(text)") }
        #expect(
            harness.client.patch("/admin/customers/update/\(id)", #"{"name":"Eva","is_active":false}"#).status == 200)
        #expect(search(harness, "eva") == [id])
        #expect(harness.create("Eva", email: "EVA@example.org").code == "email-taken")
        #expect(search(harness, "eva") == [id], "What is refused leaves no words.")
    }

    @Test(arguments: ["%", "_", "|", "\\", "'", "--", "%%", " . "])
    func `a search without a letter or digit is refused`(text: String) throws {
        let harness = try ServiceHarness()
        let reply = harness.client.get("\(Self.path)?search=\(PercentEncoding.encode(text))")
        #expect(reply.status == 422)
        #expect(reply.violations == ["search format"])
        #expect(harness.client.get("\(Self.path)?search=1+2+3+4+5+6+7+8+9").violations == ["search too-many"])
    }

    @Test func `what too many words begin with is too broad a search, and what they are is not`() throws {
        let harness = try ServiceHarness()
        try harness.database.change(
            """
            INSERT INTO customers (name, email, phone, created_at, updated_at)
            SELECT 'Somebody', CONCAT('user', number, '@example.com'), '555', NOW(6), NOW(6)
            FROM \(SQL.numbers(below: 10_001))
            """)
        let unready = harness.client.get("\(Self.path)?search=somebody")
        #expect(unready.status == 503)
        #expect(unready.code == "not-ready")
        #expect(harness.client.get("\(Self.path)?is_active=true&limit=1").ids == [10_001])
        let backfill = harness.app.service.store.backfill(harness.database)
        #expect(try backfill.run(by: .after(milliseconds: 60_000)) == (10_001, 1, true))
        let reply = harness.client.get("\(Self.path)?search=user")
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.code == "search-too-broad")
        #expect(search(harness, "somebody", "&limit=1") == [10_001])
        #expect(search(harness, "user777@example.com") == [778])
        #expect(search(harness, "somebody 555 user9999@") == [10_000])
    }

    @Test func `the filter on activity and the search hold together`() throws {
        let harness = try ServiceHarness()
        let ids = try ["anna", "annabel", "eva"].map { try harness.customer($0) }
        #expect(harness.client.patch("/admin/customers/logic-delete/\(ids[0])").status == 200)
        #expect(harness.client.get("\(Self.path)?is_active=true").ids == [ids[2], ids[1]])
        #expect(harness.client.get("\(Self.path)?is_active=false").ids == [ids[0]])
        #expect(search(harness, "anna", "&is_active=true") == [ids[1]])
        #expect(harness.client.get(Self.path).ids == ids.reversed())
    }

    @Test func `a query's mistakes are said at once`() throws {
        let harness = try ServiceHarness()
        let long = String(repeating: "x", count: 121)
        let reply = harness.client.get("\(Self.path)?search=\(long)&is_active=yes&limit=0")
        #expect(reply.status == 422)
        #expect(reply.violations == ["search length", "is_active format", "limit range"])
        #expect(harness.client.get("\(Self.path)?search=").violations == ["search length"])
        #expect(harness.client.get("\(Self.path)?search=%ff").violations == ["search format"])
        #expect(harness.client.get("\(Self.path)?limit=5&limit=6").violations == ["limit format"])
    }

    @Test(arguments: ["0", "-1", "abc", "", "1.5", "+5", "-9223372036854775809", "1e2"])
    func `a limit that is no positive number is refused`(limit: String) throws {
        let harness = try ServiceHarness()
        let reply = harness.client.get("\(Self.path)?limit=\(limit)")
        #expect(reply.status == 422, "\(reply)")
        #expect(reply.violations == ["limit range"])
    }

    @Test func `a limit that is too large becomes the largest`() throws {
        let harness = try ServiceHarness()
        for limit in ["1000", "101", "9223372036854775807", "9223372036854775808"] {
            let reply = harness.client.get("\(Self.path)?limit=\(limit)")
            #expect(reply.status == 200)
            #expect(reply.json["meta"]?["limit"] == .integer(100))
        }
    }

    @Test func `a cursor serves only the list and the filters it was made for`() throws {
        let harness = try ServiceHarness()
        for name in ["abc", "abcd", "abcde"] { _ = try harness.customer(name) }
        let cursor = try #require(harness.client.get("\(Self.path)?limit=1&search=abc").nextCursor)
        #expect(harness.client.get("\(Self.path)?limit=2&search=abc&cursor=\(cursor)").ids.count == 2)
        for query in [
            "cursor=\(cursor)", "search=abcd&cursor=\(cursor)", "search=abc&is_active=true&cursor=\(cursor)",
            "search=abc&cursor=", "search=abc&cursor=\(cursor)A", "search=abc&cursor=\(cursor.dropLast())",
            "search=abc&cursor=bm90LWEtY3Vyc29y", "search=abc&cursor=%00",
        ] {
            let reply = harness.client.get("\(Self.path)?\(query)")
            #expect(reply.status == 400, "\(query): \(reply)")
            #expect(reply.code == "invalid-cursor")
        }
    }

    @Test func `another service's cursor is foreign here, unless they share the secret`() throws {
        let harness = try ServiceHarness()
        let stranger = try ServiceHarness(["CURSOR_SECRET": "another-secret"])
        let friend = try ServiceHarness(["CURSOR_SECRET": "third-secret, another-secret"])
        for harness in [harness, stranger, friend] { for name in ["a", "b"] { _ = try harness.customer(name) } }
        let cursor = try #require(stranger.client.get("\(Self.path)?limit=1").nextCursor)
        #expect(harness.client.get("\(Self.path)?limit=1&cursor=\(cursor)").code == "invalid-cursor")
        #expect(friend.client.get("\(Self.path)?limit=1&cursor=\(cursor)").status == 200)
    }

    @Test func `parameters that nobody asked for do not travel in the link`() throws {
        let harness = try ServiceHarness()
        for name in ["a", "b"] { _ = try harness.customer(name) }
        let page = harness.client.get("\(Self.path)?limit=1&junk=\(String(repeating: "x", count: 6000))&is_active=true")
        #expect(page.status == 200)
        let cursor = try #require(page.nextCursor)
        #expect(page.headers["Link"] == "<\(Self.path)?limit=1&is_active=true&cursor=\(cursor)>; rel=\"next\"")
    }
}
