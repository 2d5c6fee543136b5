import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import Telemetry
import Testing

@testable import WebApplication

@Suite struct AuditLogTests {
    private let time = ManualClock()
    private let metrics = Metrics()
    private let lines = Lock<[[UInt8]]>([])

    private static let routes = [
        Route("getItem", .get, "/items/{id}", access: .apiToken) { _, _ in Response(.ok) },
        Route("changeItem", .patch, "/items/{id}", access: .apiToken) { (request, _) throws(Problem) in
            switch request.headers["X-Outcome"] {
            case "stale": throw .stale
            case "unknown": throw .deadlineExceeded
            case "replay": Response(.ok, headers: ["Idempotency-Replayed": "true"])
            default: Response(.ok)
            }
        },
        Route("createItem", .post, "/items", access: .apiToken) { _, _ in
            Response(.created, headers: ["Location": "/items/17"])
        },
        Route("login", .post, "/login", access: .anybody) { (_, _) throws(Problem) in throw .unauthorized("No.") },
    ]

    private func application(level: Logger.Level = .error) -> Application {
        let tokens = AccessTokens(
            service: ["service"], api: ["api"], named: [(Caller(name: "acme"), "token-of-acme")])
        return Application(
            routes: AuditLogTests.routes, tokens: tokens, crossOrigin: CrossOriginPolicy(origins: []),
            logger: Logger(
                service: "test", level: level, sink: LogSink { [lines] line in lines.withLock { $0.append(line) } }),
            metrics: metrics,
            audit: AuditLog(
                tokens: tokens, addresses: ClientAddresses(proxies: []), metrics: metrics, clock: time.clock))
    }

    @discardableResult
    private func send(
        _ application: Application, _ method: HTTPMessages.Method, _ target: String, _ token: String?,
        _ headers: HeaderFields = [:], from address: String = "192.0.2.1"
    ) -> Response {
        var request = Request(method, target, headers: headers)
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        return application.respond(
            request,
            RequestMetadata(receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: address))
    }

    private func audits() throws -> [JSONObject] {
        try lines.withLock { $0 }.map { try #require(try JSONParser.parse($0).object) }
            .filter { $0["message"] == .string("audit") }
    }

    @Test(arguments: Logger.Level.allCases)
    func `a change is told of at every level, with who, what, key, trace and outcome`(level: Logger.Level) throws {
        let application = application(level: level)
        let headers: HeaderFields = [
            "X-Idempotency-Key": "key-1", "X-Correlation-Id": "walk-1",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ]
        send(application, .patch, "/items/7", "token-of-acme", headers)
        let line = try #require(try audits().first)
        #expect(try audits().count == 1)
        let expected: [String: JSONValue] = [
            "outcome": .string("done"), "caller": .string("acme"), "operation": .string("changeItem"),
            "resource_id": .integer(7), "status": .integer(200), "correlation_id": .string("walk-1"),
            "trace_id": .string("4bf92f3577b34da6a3ce929d0e0e4736"),
            // What `printf key-1 | sha256sum` begins with.
            "key_digest": .string("be2974546978e373"), "level": .string("info"),
        ]
        for (name, value) in expected { #expect(line[name] == value, "\(name)") }
        let text = String(decoding: lines.withLock { $0.joined() }, as: UTF8.self)
        #expect(!text.contains("key-1") && !text.contains("token-of-acme"))
    }

    @Test func `what was made is named by its number`() throws {
        send(application(), .post, "/items", "api")
        #expect(try audits().map { $0["resource_id"] } == [.integer(17)])
    }

    @Test(arguments: [("service", "service"), ("api", "default"), ("token-of-acme", "acme")])
    func `a caller is named as the operator names them`(token: String, name: String) throws {
        send(application(), .post, "/items", token)
        #expect(try audits().map { $0["caller"] } == [.string(name)])
    }

    @Test func `what has changed nothing is not told of`() throws {
        let application = application()
        send(application, .get, "/items/7", "api")
        send(application, .patch, "/items/7", "api", ["X-Outcome": "stale"])
        send(application, .patch, "/items/7", "api", ["X-Outcome": "replay"])
        #expect(try audits().isEmpty)
    }

    @Test func `what may have changed something is told of as that`() throws {
        send(application(), .patch, "/items/7", "api", ["X-Outcome": "unknown"])
        let line = try #require(try audits().first)
        #expect(line["outcome"] == .string("unknown") && line["code"] == .string("deadline-exceeded"))
    }

    @Test func `whoever is not let in is told of, whatever the operation, without the token`() throws {
        let application = application()
        send(application, .get, "/items/7", "wrong-token")
        send(application, .post, "/login", nil)
        let found = try audits()
        #expect(found.map { $0["outcome"] } == [.string("denied"), .string("denied")])
        #expect(found.map { $0["operation"] } == [.string("getItem"), .string("login")])
        #expect(!String(decoding: lines.withLock { $0.joined() }, as: UTF8.self).contains("wrong-token"))
    }

    @Test func `a stranger who is not let in a thousand times fills no log, and hides no other`() throws {
        let application = application()
        for _ in 1...1000 { send(application, .get, "/items/7", "wrong") }
        #expect(try audits().count == 10)
        #expect(metrics.prometheusText().contains("audit_lines_left_out_total 990\n"))
        send(application, .get, "/items/8", "wrong", from: "192.0.2.2")
        #expect(try audits().count == 11)
        for number in 1...1000 { send(application, .get, "/items/7", "wrong", from: "198.51.100.\(number % 250)") }
        #expect(try audits().count == 300)
        time.advance(milliseconds: 6000)
        send(application, .get, "/items/7", "wrong")
        #expect(try audits().count == 301)
    }
}
