import HTTPMessages
import JSON
import Testing
import WebApplication

@Suite struct RoutingTests {
    private let harness = Harness(apiTokens: [])

    @Test(arguments: [
        "/nowhere", "/", "", "open", "x/open", "/open/", "//open", "/Open", "/open/more", "/items", "/items/",
        "/items/1/", "*",
    ])
    func `a path that no operation has is 404`(path: String) {
        let response = harness.respond(.get, path)
        #expect(response.status == .notFound)
        #expect(response.code == "route-not-found")
    }

    @Test func `the query is no part of the path`() {
        #expect(harness.respond(.get, "/open?x=/nowhere").status == .ok)
    }

    @Test(arguments: [
        ("/open", HTTPMessages.Method.delete, "GET, POST, HEAD"), ("/items/5", .post, "GET, HEAD"),
        ("/open", HTTPMessages.Method(rawValue: "get"), "GET, POST, HEAD"), ("/items/5", .options, "GET, HEAD"),
    ])
    func `a method that the path does not have is 405 with those it has`(
        path: String, method: HTTPMessages.Method, allowed: String
    ) {
        let response = harness.respond(method, path)
        #expect(response.status == .methodNotAllowed)
        #expect(response.code == "method-not-allowed")
        #expect(response.headers["Allow"] == allowed)
    }

    @Test func `HEAD is allowed only where GET is`() {
        let harness = Harness(routes: [Route("post", .post, "/p", access: .everybody, handler: Harness.echo)])
        let response = harness.respond(.head, "/p")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == "POST")
    }

    @Test func `HEAD is answered as GET is`() {
        let response = harness.respond(.head, "/open")
        #expect(response.status == .ok)
        #expect(response.headers["Content-Type"] == "application/json")
    }

    @Test(arguments: [
        ("1", 1), ("9223372036854775807", Int64.max), ("007", 7), ("%31", 1), ("0", nil), ("-1", nil), ("+1", nil),
        ("%2B1", nil), ("1.0", nil), ("x", nil), ("9223372036854775808", nil), ("1%00", nil), ("%201", nil), ("１", nil),
    ])
    func `an id is a positive whole number in digits`(text: String, id: Int64?) {
        let response = harness.respond(.get, "/items/\(text)")
        #expect(response.status == .ok)
        #expect(response.json?["id"] == (id.map { .integer($0) } ?? .null))
    }

    @Test(arguments: ["%", "%zz", "%ff"]) func `a malformed escape names nothing`(text: String) {
        #expect(harness.respond(.get, "/items/\(text)").status == .notFound)
    }

    @Test func `an escaped slash stays within its segment`() throws {
        guard case .route(_, let parameters) = Router(Harness.routes).match(.get, "/items/a%2Fb") else {
            Issue.record("The path was not found.")
            return
        }
        #expect(parameters == ["id": "a/b"])
    }

    @Test(arguments: [
        (["GET /a/{id}", "POST /a/{id}", "GET /a/find-all", "GET /a/{id}/b"], nil),
        (["GET /a", "GET /a"], "1 and 2 have one method and one path."),
        (["GET /a/{id}", "GET /a/{id}"], "1 and 2 have one method and one path."),
        (["GET /a/{id}", "POST /a/{key}/b"], "2 names a parameter {key} that another route names {id}."),
    ])
    func `routes that hide or contradict one another are refused`(lines: [String], conflict: String?) {
        let routes = lines.enumerated().map { index, line in
            let words = line.split(separator: " ").map(String.init)
            return Route(
                "\(index + 1)", HTTPMessages.Method(rawValue: words[0]), words[1], access: .everybody,
                handler: Harness.echo)
        }
        #expect(Router.conflict(among: routes) == conflict)
    }

    @Test func `a literal segment goes before a parameter and does not hide it`() {
        let router = Router([
            Route("one", .get, "/orders/{id}", access: .everybody, handler: Harness.echo),
            Route("all", .get, "/orders/find-all", access: .everybody, handler: Harness.echo),
            Route("confirm", .post, "/orders/{id}/confirm", access: .everybody, handler: Harness.echo),
            Route("both", .get, "/a/{x}/b/{y}", access: .everybody, handler: Harness.echo),
            Route("one more", .get, "/a/{x}", access: .everybody, handler: Harness.echo),
            Route("early", .get, "/a/{x}/c", access: .everybody, handler: Harness.echo),
            Route("late", .get, "/a/b/{z}", access: .everybody, handler: Harness.echo),
        ])
        func match(_ method: HTTPMessages.Method, _ path: String) -> String {
            switch router.match(method, path[...]) {
            case .route(let route, let parameters):
                "\(route.operationID) \(parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })"
            case .methodNotAllowed: "405"
            case .notFound: "404"
            }
        }
        #expect(match(.get, "/orders/find-all") == "all []")
        #expect(match(.get, "/orders/5") == "one [\"id=5\"]")
        #expect(match(.post, "/orders/find-all/confirm") == "confirm [\"id=find-all\"]")
        #expect(match(.get, "/a/1/b/2") == "both [\"x=1\", \"y=2\"]")
        #expect(match(.get, "/a/1/b") == "404")
        #expect(match(.get, "/a/1") == "one more [\"x=1\"]")
        #expect(match(.get, "/a/b") == "one more [\"x=b\"]")
        #expect(match(.get, "/a/b/c") == "late [\"z=c\"]")
        #expect(match(.get, "/a/1/c") == "early [\"x=1\"]")
        for path in ["", "/", "/a", "/a/", "/a//c", "/a/1/", "/a/1/c/", "/a/1/cc", "/orders/find-all/", "a/1"] {
            #expect(match(.get, path) == "404", "\(path)")
        }
        #expect(match(.get, "/orders") == "404")
        #expect(match(.get, "/orders/5/confirm") == "405")
    }
}
