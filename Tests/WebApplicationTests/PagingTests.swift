import HTTPMessages
import JSON
import SeededRandom
import Testing
import WebApplication

@Suite struct PageCursorTests {
    private let cursor = PageCursor(secrets: ["secret"])

    private func isRefused(_ text: String, by cursor: PageCursor, filter: String = "orders") -> Bool {
        do throws(Problem) {
            _ = try cursor.decode(text, filter: filter)
            return false
        } catch {
            return error.code == "invalid-cursor" && error.status == .badRequest
        }
    }

    @Test(arguments: [Int64(1), 2, 255, 256, 1 << 40, .max]) func `a cursor gives back its id`(id: Int64) throws {
        #expect(try cursor.decode(cursor.encode(lastID: id, filter: "orders"), filter: "orders") == id)
    }

    @Test func `a cursor can stand in a URL as it is`() {
        let text = cursor.encode(lastID: 5, filter: "orders")
        #expect(PercentEncoding.encode(text) == text)
        #expect(text.count == 44)
    }

    @Test func `every single bit that flips makes it invalid`() {
        let bytes = Array(cursor.encode(lastID: 123_456_789, filter: "orders").utf8)
        for bit in 0..<(bytes.count * 8) {
            var altered = bytes
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(isRefused(String(decoding: altered, as: UTF8.self), by: cursor), "bit \(bit)")
        }
    }

    @Test func `what is cut, longer or foreign is invalid`() {
        var random = SeededRandom("cursors")
        let text = cursor.encode(lastID: 7, filter: "orders")
        for count in 0..<text.count { #expect(isRefused(String(text.prefix(count)), by: cursor)) }
        for altered in [text + "A", text + "=", "A" + text, text + text, String(repeating: "A", count: 44), "é", "5"] {
            #expect(isRefused(altered, by: cursor))
        }
        for _ in 0..<1000 {
            let bytes = random.bytes(count: .random(in: 0...200, using: &random))
            #expect(isRefused(String(decoding: bytes, as: UTF8.self), by: cursor))
        }
    }

    @Test func `a cursor of another filter is invalid`() {
        let text = cursor.encode(lastID: 7, filter: "orders")
        for filter in ["", "Orders", "orders ", "customers", "orders&status=CREATED"] {
            #expect(isRefused(text, by: cursor, filter: filter))
        }
    }

    @Test func `a cursor signed with another secret is invalid`() {
        let text = cursor.encode(lastID: 7, filter: "orders")
        for secrets in [["other"], ["Secret"], [""], [], ["other", "third"]] {
            #expect(isRefused(text, by: PageCursor(secrets: secrets)))
        }
    }

    @Test func `while a secret is replaced both are taken and the first signs`() throws {
        let rotating = PageCursor(secrets: ["new", "secret"])
        let old = cursor.encode(lastID: 7, filter: "orders")
        #expect(try rotating.decode(old, filter: "orders") == 7)
        let new = rotating.encode(lastID: 7, filter: "orders")
        #expect(new != old)
        #expect(isRefused(new, by: cursor))
        #expect(try PageCursor(secrets: ["new"]).decode(new, filter: "orders") == 7)
    }
}

@Suite struct PageTests {
    private struct Row: PageElement {
        let id: Int64
        func encode(to writer: inout JSONWriter) { writer.object { $0.member("id", id) } }
    }

    private let cursor = PageCursor(secrets: ["secret"])

    private func page(_ target: String, filter: String = "rows") throws(Problem) -> (Request, PageRequest) {
        let request = Request(.get, target)
        var query = QueryReader(request)
        _ = query.text("status", length: 1...9)
        return (request, try PageRequest(&query, filter: filter, cursor: cursor))
    }

    private func problem(_ target: String) -> Problem? {
        do throws(Problem) {
            _ = try page(target)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("/rows", 20), ("/rows?limit=1", 1), ("/rows?limit=100", 100), ("/rows?limit=101", 100),
        ("/rows?limit=9223372036854775807", 100), ("/rows?limit=99999999999999999999", 100),
    ])
    func `the limit is 20 and at most 100`(target: String, limit: Int) throws {
        #expect(try page(target).1.limit == limit)
    }

    @Test(arguments: ["0", "-1", "x", "", "1.5", "1e1", "1x", "-99999999999999999999"])
    func `a limit that is no count is a violation`(
        value: String
    ) {
        let problem = problem("/rows?limit=\(value)")
        #expect(problem?.code == "validation-failed")
        #expect(problem?.violations.map(\.pointer) == ["limit"])
        #expect(problem?.violations.map(\.code) == ["range"])
    }

    @Test func `an invalid cursor is told apart from an invalid value`() {
        #expect(problem("/rows?cursor=x")?.code == "invalid-cursor")
        #expect(problem("/rows?cursor=")?.code == "invalid-cursor")
        #expect(problem("/rows?cursor=x&limit=0")?.code == "validation-failed")
    }

    @Test func `the first page begins at the newest row`() throws {
        #expect(try page("/rows").1.beforeID == nil)
        #expect(try page("/rows?cursor=\(cursor.encode(lastID: 9, filter: "rows"))").1.beforeID == 9)
    }

    @Test func `a page with a surplus row names the next one`() throws {
        let (request, page) = try page("/rows?limit=2&status=CREATED")
        let response = Page(rows: [Row(id: 9), Row(id: 7), Row(id: 4)], limit: page.limit)
            .response(to: request, page, cursor: cursor)
        let next = cursor.encode(lastID: 7, filter: "rows")
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"data":[{"id":9},{"id":7}],"meta":{"limit":2,"next_cursor":"\#(next)","has_next":true}}"#)
        #expect(response.headers["Link"] == "</rows?limit=2&status=CREATED&cursor=\(next)>; rel=\"next\"")
    }

    @Test func `the last page names none`() throws {
        for rows in [[], [Row(id: 9)], [Row(id: 9), Row(id: 7)]] {
            let (request, page) = try page("/rows?limit=2")
            let response = Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
            #expect(response.json?["meta"]?["next_cursor"] == .null)
            #expect(response.json?["meta"]?["has_next"] == .bool(false))
            #expect(response.json?["data"]?.array?.count == rows.count)
            #expect(response.headers["Link"] == nil)
        }
    }

    @Test(arguments: ["cursor", "%63ursor"])
    func `the link repeats what was asked for and replaces the cursor that led here`(
        name: String
    ) throws {
        let here = cursor.encode(lastID: 9, filter: "rows")
        let (request, page) = try page("/rows?\(name)=\(here)&limit=1&surplus=x")
        let response = Page(rows: [Row(id: 7), Row(id: 4)], limit: 1).response(to: request, page, cursor: cursor)
        let next = cursor.encode(lastID: 7, filter: "rows")
        #expect(response.headers["Link"] == "</rows?limit=1&cursor=\(next)>; rel=\"next\"")
    }

    @Test func `a page without parameters links to the next with none but the cursor`() throws {
        let (request, page) = try page("/rows")
        let response = Page(rows: [Row(id: 7), Row(id: 4)], limit: 1).response(to: request, page, cursor: cursor)
        #expect(response.headers["Link"] == "</rows?cursor=\(cursor.encode(lastID: 7, filter: "rows"))>; rel=\"next\"")
    }

    @Test func `following the links sees every row once`() throws {
        let ids = Array(stride(from: Int64(95), to: 0, by: -2))
        var seen: [Int64] = []
        var target: String? = "/rows?limit=7"
        while let here = target {
            let (request, page) = try page(here)
            let rows = ids.filter { $0 < page.beforeID ?? .max }.prefix(page.limit + 1).map { Row(id: $0) }
            let response = Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
            seen += response.json?["data"]?.array?.compactMap { $0["id"]?.integer } ?? []
            target = response.headers["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            try #require(seen.count <= ids.count)
        }
        #expect(seen == ids)
    }
}
