import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

@Suite struct ProblemTests {
    private struct Secret: Error, CustomStringConvertible {
        let description = "password=hunter2"
    }

    private static let standard: [Problem] = [
        .malformedJSON("x"), .bodyNotObject, .invalidHeader("X-A", "x"), .invalidCursor, .unauthorized("x"),
        .routeNotFound,
        .methodNotAllowed([.get]), .unsupportedMediaType("application/json"),
        .validationFailed([Problem.Violation(pointer: "/a", code: "required", detail: "x")]), .internalError(Secret()),
        .databaseUnavailable(Secret()), .outcomeUnknown(Secret()), .deadlineExceeded, .notReady("x"),
        .idempotencyKeyMissing, .invalidIdempotencyKey, .idempotencyKeyMismatch, .idempotencyKeyReused,
        .idempotencyKeyInUse,
    ]

    /// status, retryable and `Retry-After`, as the contract lists them.
    private static let contract: [String: (Int, Bool, String?)] = [
        "malformed-json": (400, false, nil), "body-not-object": (400, false, nil), "invalid-header": (400, false, nil),
        "invalid-cursor": (400, false, nil), "unauthorized": (401, false, nil), "route-not-found": (404, false, nil),
        "method-not-allowed": (405, false, nil), "unsupported-media-type": (415, false, nil),
        "validation-failed": (422, false, nil), "internal-error": (500, false, nil),
        "database-unavailable": (503, true, "1"), "outcome-unknown": (503, false, nil),
        "deadline-exceeded": (504, true, nil), "not-ready": (503, true, "1"),
        "idempotency-key-missing": (400, false, nil),
        "invalid-idempotency-key": (400, false, nil), "idempotency-key-mismatch": (400, false, nil),
        "idempotency-key-reused": (422, false, nil), "idempotency-key-in-use": (409, true, "1"),
    ]

    @Test(arguments: standard) func `every standard problem has its members, its status and its headers`(
        problem: Problem
    ) throws {
        let response = problem.response(instance: "/some/path", traceID: "0af7651916cd43dd8448eb211c80319c")
        let object = try #require(response.json?.object)
        let expected = try #require(ProblemTests.contract[problem.code])
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(response.status.code == expected.0)
        #expect(object["status"] == .integer(Int64(expected.0)))
        #expect(object["retryable"] == .bool(expected.1))
        #expect(response.headers["Retry-After"] == expected.2)
        #expect(object["type"] == .string("/problems/\(problem.code)"))
        #expect(object["code"] == .string(problem.code))
        #expect(object["instance"] == .string("/some/path"))
        #expect(object["trace_id"] == .string("0af7651916cd43dd8448eb211c80319c"))
        #expect(object["title"]?.string?.isEmpty == false)
        #expect(object["detail"]?.string?.isEmpty == false)
        #expect((object["errors"] != nil) == (problem.code == "validation-failed"))
        #expect(!String(decoding: response.body, as: UTF8.self).contains("hunter2"))
    }

    @Test func `the list of standard problems is whole`() {
        #expect(Set(ProblemTests.standard.map(\.code)) == Set(ProblemTests.contract.keys))
    }

    @Test func `extensions and headers go with the problem`() throws {
        var problem = Problem(.stale, detail: "x", retryAfterSeconds: 7)
        problem.extensions = [("products", .array([.integer(1)]))]
        problem.headers["A"] = "b"
        let response = problem.response(instance: nil, traceID: "t")
        #expect(response.headers["A"] == "b")
        #expect(response.headers["Retry-After"] == "7")
        #expect(response.json?["products"] == .array([.integer(1)]))
        #expect(response.json?["instance"] == nil)
    }

    @Test func `an internal error hides its cause from the client and tells the log`() throws {
        let harness = Harness(routes: [
            Route("fail", .get, "/fail", access: .everybody) { _, _ throws(Problem) in throw .internalError(Secret()) }
        ])
        let response = harness.respond(.get, "/fail")
        #expect(response.status == .internalServerError)
        #expect(!String(decoding: response.body, as: UTF8.self).contains("hunter2"))
        #expect(!response.headers.fields.contains { $0.value.contains("hunter2") })
        let log = try harness.log()
        #expect(log.map { $0["level"]?.string } == ["error", "warning"])
        #expect(log[0]["cause"] == .string("password=hunter2"))
        #expect(log[0]["code"] == .string("internal-error"))
        #expect(log[0]["trace_id"] == response.json?["trace_id"])
        #expect(log[1]["status"] == .integer(500))
    }

    @Test func `the application's own members are added and replace none of the problem's`() {
        let harness = Harness(
            routes: [
                Route("fail", .get, "/fail", access: .everybody) { _, _ throws(Problem) in
                    var problem = Problem(.stale, detail: "x")
                    problem.extensions = [("success", .string("of the problem"))]
                    throw problem
                }
            ],
            problemExtensions: { [("success", .bool(false)), ("correlationId", .string($0))] })
        let response = harness.respond(.get, "/fail", ["X-Correlation-Id": "req-1"])
        #expect(response.json?["success"] == .string("of the problem"))
        #expect(response.json?["correlationId"] == .string("req-1"))
        #expect(harness.respond(.get, "/nowhere").json?["success"] == .bool(false))
    }

    @Test func `the server's refusals are answered as any problem`() throws {
        let harness = Harness(origins: ["https://shop.example"])
        let request = Request(
            .post, "/open?x", headers: ["X-Correlation-Id": "req-1", "Origin": "https://shop.example"])
        let response = harness.application.refuse(.bodyTooLarge(bytesMax: 10), request)
        #expect(response.status == .contentTooLarge)
        #expect(response.json?["instance"] == .string("/open"))
        #expect(response.headers["X-Correlation-Id"] == "req-1")
        #expect(response.headers["Access-Control-Allow-Origin"] == "https://shop.example")
        let labels = #"operation="refused",http_request_method="POST",http_route="",http_response_status_code="413""#
        #expect(harness.metrics.prometheusText().contains("_count{\(labels)} 1"))
        #expect(try harness.log().last?["operation"] == .string("refused"))
    }

    @Test func `a refusal of what could not be read names no path`() {
        let response = Harness().application.refuse(.malformedRequest("No request line."), nil)
        #expect(response.json?["instance"] == nil)
        #expect(response.headers["X-Correlation-Id"]?.isEmpty == false)
    }
}
