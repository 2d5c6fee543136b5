import HTTPMessages
import JSON
import Testing

@Suite struct MessageTests {
    @Test(arguments: [
        ("/a/b", "/a/b", nil), ("/a?x=1", "/a", "x=1"), ("/a?", "/a", ""), ("/a?x=1?y=2", "/a", "x=1?y=2"),
        ("", "", nil),
        ("?x", "", "x"),
    ])
    func `a target is a path and what follows the first question mark`(target: String, path: String, query: String?) {
        let request = Request(.get, target)
        #expect(request.path == path)
        #expect(request.query.map { String($0) } == query)
    }

    @Test func `methods are told apart by case and need not be known`() {
        #expect(Method(rawValue: "GET") == .get)
        #expect(Method(rawValue: "get") != .get)
        #expect(Method(rawValue: "PURGE").description == "PURGE")
    }

    @Test func `a JSON response says so`() {
        let response = Response.json(.created) { $0.member("a", 1) }
        #expect(response.status == .created)
        #expect(response.headers == ["Content-Type": "application/json"])
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"a":1}"#)
        #expect(
            Response.json(.ok, [], headers: ["content-type": "x", "A": "b"]).headers.values(of: "Content-Type") == [
                "application/json"
            ])
    }

    @Test func `a status knows its class and its phrase`() {
        #expect([199, 200, 299, 300].map { Status($0).isSuccess } == [false, true, true, false])
        #expect([499, 500, 599].map { Status($0).isServerError } == [false, true, true])
        #expect(Status.unprocessableContent.reason == "Unprocessable Content")
        #expect(Status(418).reason == "Status 418")
        #expect(Status.conflict.description == "409")
    }

    @Test(arguments: [
        ("/?name=Ana%20Torres", "Ana Torres"), ("/?a=1&name=a+b&name=c", "a b"), ("/?name", ""), ("/?name=", ""),
        ("/?n%61me=1=2", "1=2"), ("/?other=1", nil), ("/", nil), ("/?name=%zz", nil),
    ])
    func `a parameter of the query is decoded`(target: String, value: String?) {
        #expect(Request(.get, target).queryValue("name") == value)
    }
}
