import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
@testable import LambdaRuntime
@testable import Orchestrator
import ScriptedServer
import ServiceTesting
import Telemetry
import Testing

@Suite(.blocking) struct LambdaFunctionTests {
    /// An invocation that Lambda ends after some time.
    private func context(milliseconds: Int64 = 20_000) throws -> LambdaContext {
        let end = Timestamp.now().microsecondsSince1970 / 1000 + milliseconds
        return try #require(
            LambdaContext(["Lambda-Runtime-Aws-Request-Id": "request-1", "Lambda-Runtime-Deadline-Ms": String(end)]))
    }

    private func event(path: String, stage: String, body: String) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("version", "2.0")
            writer.member("rawPath", path)
            writer.member("rawQueryString", "")
            // Under its gateway's name, and from a page: who may call is the gateway's to say, not the function's.
            writer.member(
                "headers",
                object: { writer in
                    writer.member("content-type", "application/json")
                    writer.member("host", "id.execute-api.us-east-1.amazonaws.com")
                    writer.member("origin", "https://shop.example")
                })
            writer.member(
                "requestContext",
                object: { writer in
                    writer.member("stage", stage)
                    writer.member(
                        "http",
                        object: { writer in
                            writer.member("method", "POST")
                            writer.member("path", path)
                            writer.member("sourceIp", "203.0.113.9")
                        })
                })
            writer.member("body", body)
            writer.member("isBase64Encoded", false)
        }
    }

    private func answer(_ event: [UInt8], _ context: LambdaContext, _ harness: ServiceHarness) throws -> JSONValue {
        try JSONParser.parse(harness.app.function.handle(event, context))
    }

    @Test(arguments: [
        ("$default", ServiceHarness.path), ("prod", "/prod\(ServiceHarness.path)"), ("prod", ServiceHarness.path),
    ])
    func `an event goes in and an event comes out, with the stage's name taken off the path`(
        stage: String, path: String
    ) throws {
        let backend = try Backend()
        let body = callBody(backend.ana, [(backend.chair, 2)], key: "key-1", correlationID: "req-456")
        let event = event(path: path, stage: stage, body: body)
        let first = try answer(event, context(), backend.harness())
        #expect(first["statusCode"] == .integer(201), "\(first)")
        #expect(first["isBase64Encoded"] == .bool(false))
        #expect(first["headers"]?["X-Correlation-Id"] == .string("req-456"))
        #expect(first["headers"]?["Content-Type"] == .string("application/json"))
        let reply = try JSONParser.parse(Array((first["body"]?.string ?? "").utf8))
        #expect(reply["success"] == .bool(true))
        #expect(reply["data"]?["order"]?["status"] == .string("CONFIRMED"))
        let second = try answer(event, context(), backend.harness())
        #expect(second["headers"]?["Idempotency-Replayed"] == .string("true"))
        #expect(second["body"] == first["body"])
        #expect(try backend.orderCount == 1)
    }

    @Test func `a problem leaves by this function as well`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        let problem = try answer(event(path: "/prod/nowhere", stage: "prod", body: "{}"), context(), harness)
        #expect(problem["statusCode"] == .integer(404))
        let body = try JSONParser.parse(Array((problem["body"]?.string ?? "").utf8))
        #expect(body["code"] == .string("route-not-found"))
        #expect(body["success"] == .bool(false))
        #expect(body["instance"] == .string("/nowhere"))
    }

    @Test func `the answer is out before Lambda ends the process`() throws {
        let server = try ScriptedServer { $0.waitForEnd() }
        defer { server.stop() }
        let harness = try ServiceHarness(orders: server.url)
        let body = callBody(1, [(1, 1)], key: "key-1")
        let context = try context(milliseconds: 800)
        let answer = try answer(event(path: ServiceHarness.path, stage: "$default", body: body), context, harness)
        #expect(!context.deadline.hasPassed)
        #expect(answer["statusCode"] == .integer(504), "\(answer)")
    }

    @Test func `an event that is none is refused`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        #expect(throws: (any Error).self) { try answer(Array("{}".utf8), context(), harness) }
    }
}
