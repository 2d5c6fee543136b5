import HTTPMessages
import JSON
import SeededRandom
import Telemetry
import Testing
import WebApplication

@Suite struct AnswerTests {
    @Test func `every answer has the common headers once`() {
        let harness = Harness(origins: ["https://shop.example"])
        let headers: HeaderFields = ["Origin": "https://shop.example", "Access-Control-Request-Method": "POST"]
        for response in [
            harness.respond(.get, "/open", headers), harness.respond(.get, "/nowhere", headers),
            harness.respond(.get, "/internal", headers), harness.respond(.options, "/open", headers),
            harness.application.refuse(.overloaded, Request(.get, "/", headers: headers)),
        ] {
            for name in [
                "X-Correlation-Id", "traceparent", "Cache-Control", "X-Content-Type-Options", "Vary",
                "Access-Control-Allow-Origin",
            ] {
                #expect(response.headers.values(of: name).count == 1, "\(name) of \(response.status)")
            }
        }
    }

    @Test func `an access line tells the operation, the path without its query, the status and the time`() throws {
        let harness = Harness(apiTokens: [])
        _ = harness.respond(.get, "/items/5?token=secret")
        let line = try #require(try harness.log().first)
        #expect(line["message"] == .string("request"))
        #expect(line["operation"] == .string("getItem"))
        #expect(line["method"] == .string("GET"))
        #expect(line["path"] == .string("/items/5"))
        #expect(line["status"] == .integer(200))
        #expect(line["duration_ms"] != nil)
        #expect(line["level"] == .string("info"))
    }

    @Test func `who asks how the service is fills no log`() throws {
        let metrics = Metrics()
        let own = ServiceRoutes(
            name: "test-api", version: "1.0.0", health: Health([HealthCheck("a") { _ in "down" }]), metrics: metrics)
        let broken = Route("broken", .get, "/broken", access: .everybody) { (_, _) throws(Problem) in
            throw .internalError(Unexpected())
        }
        func lines(_ level: Logger.Level) throws -> [String] {
            let harness = Harness(routes: own.routes + Harness.routes + [broken], apiTokens: [], level: level)
            for path in ["/", "/health", "/health/live", "/health/ready", "/health/detailed", "/metrics", "/broken"] {
                _ = harness.respond(.get, path)
            }
            for path in ["/items/5", "/nowhere"] { _ = harness.respond(.get, path) }
            return try harness.log().filter { $0["message"] == .string("request") }
                .map { "\($0["level"]?.string ?? "") \($0["path"]?.string ?? "")" }
        }
        #expect(try lines(.info) == ["warning /broken", "info /items/5", "info /…"])
        #expect(
            try lines(.debug) == [
                "debug /", "debug /health", "debug /health/live", "debug /health/ready", "debug /health/detailed",
                "debug /metrics", "warning /broken", "info /items/5", "info /…",
            ])
    }

    private struct Unexpected: Error {}

    @Test func `the line of a request tells what it was about, under which key, and what it was refused for`() throws {
        let key = "order-2026-11-30/a\"b"
        let harness = Harness(
            routes: [
                Route("change", .post, "/things/{id}", access: .apiToken) { (_, context) throws(Problem) in
                    context.call.note("thing_id", context.id ?? 0)
                    context.call.with(correlationID: "of-the-body").note(idempotencyKey: key)
                    throw .idempotencyKeyInUse
                },
                Route("kept", .post, "/kept", access: .apiToken) { _, context in
                    Problem.idempotencyKeyInUse.response(instance: nil, traceID: context.trace.traceID)
                },
            ], apiTokens: [])
        _ = harness.respond(.post, "/things/7", ["X-Idempotency-Key": key])
        _ = harness.respond(.post, "/kept")
        _ = harness.application.refuse(.overloaded, nil)
        let log = try harness.log()
        #expect(log.count == 3)
        #expect(log[0]["thing_id"] == .integer(7))
        // printf 'order-2026-11-30/a"b' | sha256sum | cut -c1-16
        #expect(log[0]["key_digest"] == .string("3076d877837374c1"))
        #expect(log.map { $0["code"]?.string } == ["idempotency-key-in-use", "idempotency-key-in-use", "overloaded"])
        #expect(log[1]["key_digest"] == nil && log[1]["thing_id"] == nil)
        #expect(!log.contains { String(describing: $0).contains("order-2026-11-30") })
    }

    @Test func `durations are measured by operation and status and never by path`() {
        let harness = Harness(apiTokens: [])
        for id in 0..<5 { _ = harness.respond(.get, "/items/\(id)") }
        _ = harness.respond(.get, "/internal")
        for path in ["/wp-admin", "/.env"] { _ = harness.respond(.get, path) }
        _ = harness.respond(.delete, "/open")
        let counts = harness.metrics.prometheusText().split(separator: "\n")
            .filter { $0.hasPrefix("http_server_request_duration_seconds_count") }.map { String($0) }
        #expect(
            counts == [
                line("getInternal", "GET", "/internal", 401, 1), line("getItem", "GET", "/items/{id}", 200, 5),
                line("unmatched", "DELETE", "", 405, 1), line("unmatched", "GET", "", 404, 2),
            ])
    }

    private func line(_ operation: String, _ method: String, _ route: String, _ status: Int, _ count: Int) -> String {
        "http_server_request_duration_seconds_count{operation=\"\(operation)\",http_request_method=\"\(method)\","
            + "http_route=\"\(route)\",http_response_status_code=\"\(status)\"} \(count)"
    }

    @Test func `paths and methods that somebody made up add no series`() {
        var random = SeededRandom("made up paths and methods")
        let harness = Harness(apiTokens: [])
        for method in ["GET", "MADEUP"] { _ = harness.respond(HTTPMessages.Method(rawValue: method), "/nowhere") }
        _ = harness.respond(HTTPMessages.Method(rawValue: "MADEUP"), "/open")
        func series() -> Int { harness.metrics.prometheusText().split(separator: "\n").count }
        let before = series()
        for _ in 0..<200 {
            let word = String(UInt64.random(in: .min ... .max, using: &random), radix: 36)
            _ = harness.respond(.get, "/\(word)?\(word)=\(word)")
            _ = harness.respond(HTTPMessages.Method(rawValue: word.uppercased()), "/\(word)")
            _ = harness.respond(HTTPMessages.Method(rawValue: "X\(word)"), "/open")
            _ = harness.respond(.get, "/items/\(word)")
        }
        #expect(series() == before + 17, "One series more, of getItem.")
        #expect(harness.metrics.prometheusText().contains("metrics_series_dropped_total 0\n"))
    }

    @Test func `a request that the server refuses is counted by its problem`() {
        let harness = Harness()
        for refusal in [RequestRefusal.overloaded, .overloaded, .bodyTooLarge(bytesMax: 1), .malformedRequest("x")] {
            _ = harness.application.refuse(refusal, nil)
        }
        let text = harness.metrics.prometheusText()
        let counts = ["overloaded": 2, "body-too-large": 1, "malformed-request": 1, "shutting-down": 0]
        for (reason, count) in counts {
            #expect(text.contains("http_server_requests_refused_total{reason=\"\(reason)\"} \(count)\n"), "\(reason)")
        }
    }

    @Test func `a reply that its key had is counted as a replay`() {
        let harness = Harness(routes: [
            Route("change", .post, "/change", access: .everybody) { _, _ in
                Response(.ok, headers: ["Idempotency-Replayed": "true"])
            }
        ])
        #expect(harness.metrics.prometheusText().contains("idempotency_replays_total{operation=\"change\"} 0\n"))
        _ = harness.respond(.post, "/change")
        #expect(harness.metrics.prometheusText().contains("idempotency_replays_total{operation=\"change\"} 1\n"))
    }

    @Test func `an operation may name the correlation id itself`() throws {
        let harness = Harness(routes: [
            Route("own", .get, "/own", access: .everybody) { _, context in
                let context = context.call.with(correlationID: "from-body")
                context.logger.info("within")
                return Response(.ok, headers: ["X-Correlation-Id": context.correlationID])
            }
        ])
        let response = harness.respond(.get, "/own", ["X-Correlation-Id": "from-header"])
        #expect(response.headers.values(of: "X-Correlation-Id") == ["from-body"])
        #expect(try harness.log().map { $0["correlation_id"] } == [.string("from-body"), .string("from-body")])
    }
}

@Suite struct CrossOriginTests {
    private static let origin = "https://shop.example"
    private static let preflight: HeaderFields = ["Origin": origin, "Access-Control-Request-Method": "GET"]

    private func crossOriginHeaders(_ response: Response) -> [String] {
        response.headers.fields.map(\.name).filter { $0.hasPrefix("Access-Control") || $0 == "Vary" }
    }

    @Test func `by default no page may call`() {
        let harness = Harness()
        #expect(crossOriginHeaders(harness.respond(.get, "/open", ["Origin": CrossOriginTests.origin])) == [])
        let response = harness.respond(.options, "/open", CrossOriginTests.preflight)
        #expect(response.status == .methodNotAllowed)
        #expect(crossOriginHeaders(response) == [])
    }

    @Test func `an allowed page reads the answer and its headers`() {
        let response = Harness(origins: [CrossOriginTests.origin]).respond(
            .get, "/open", ["Origin": CrossOriginTests.origin])
        #expect(response.headers["Access-Control-Allow-Origin"] == CrossOriginTests.origin)
        #expect(response.headers["Access-Control-Expose-Headers"]?.contains("X-Correlation-Id") == true)
        #expect(response.headers["Access-Control-Allow-Credentials"] == nil)
        #expect(response.headers["Vary"] == "Origin")
    }

    @Test(arguments: [
        "https://evil.example", "https://shop.example.evil", "http://shop.example", "https://shop.example:443", "null",
        "", "https://SHOP.example",
    ])
    func `no other page does, and caches are told`(origin: String) {
        let response = Harness(origins: [CrossOriginTests.origin]).respond(.get, "/open", ["Origin": origin])
        #expect(response.headers["Access-Control-Allow-Origin"] == nil)
        #expect(response.headers.values(of: "Vary") == ["Origin"])
    }

    @Test func `a preflight is answered without a token`() {
        let harness = Harness(origins: [CrossOriginTests.origin])
        let response = harness.respond(.options, "/items/5", CrossOriginTests.preflight)
        #expect(response.status == .noContent)
        #expect(response.body.isEmpty)
        #expect(response.headers["Access-Control-Allow-Origin"] == CrossOriginTests.origin)
        #expect(response.headers["Access-Control-Allow-Methods"] == "GET, HEAD")
        #expect(response.headers["Access-Control-Max-Age"] == "600")
        let allowed = response.headers["Access-Control-Allow-Headers"] ?? ""
        for name in [
            "Authorization", "Content-Type", "X-Idempotency-Key", "Idempotency-Key", "X-Correlation-Id",
            "X-Request-Timeout-Ms", "traceparent",
        ] {
            #expect(allowed.contains(name))
        }
    }

    @Test func `a preflight of another page, of an unknown path or without its header is an ordinary request`() {
        let harness = Harness(origins: [CrossOriginTests.origin])
        var foreign = CrossOriginTests.preflight
        foreign["Origin"] = "https://evil.example"
        #expect(harness.respond(.options, "/open", foreign).status == .methodNotAllowed)
        #expect(harness.respond(.options, "/open", ["Origin": CrossOriginTests.origin]).status == .methodNotAllowed)
        #expect(harness.respond(.options, "/nowhere", CrossOriginTests.preflight).status == .notFound)
    }
}
