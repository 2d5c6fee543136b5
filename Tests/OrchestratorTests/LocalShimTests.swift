import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import LambdaRuntime
@testable import Orchestrator
import ServiceTesting
import Telemetry
import Testing
import WebApplication

/// The port shows what Lambda would: the same request, by either way, gets the same answer.
@Suite(.blocking) struct LocalShimTests {
    /// Answers with all that it saw, and with what is hard to carry.
    private func function() throws -> LambdaFunction {
        let echo = Route("echo", .post, "/echo/{id}", access: .everybody) { request, context in
            var response = Response(.created, body: request.body)
            let seen = request.headers.fields.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: "|")
            response.headers["X-Seen"] = "\(request.target) \(context.pathParameters["id"] ?? "") \(seen)"
            response.headers["X-Milliseconds"] = String(context.deadline.remainingMilliseconds > 10_000)
            response.headers.append("Set-Cookie", "a=1; Path=/")
            response.headers.append("Set-Cookie", "b=2")
            response.headers.append("Link", "</1>")
            response.headers.append("Link", "</2>")
            return response
        }
        let application = Application(
            routes: [echo], tokens: AccessTokens(service: ["service"], api: []),
            crossOrigin: CrossOriginPolicy(origins: []), logger: Logger(service: "tests", level: .error),
            metrics: Metrics())
        return try ServiceHarness(orders: "http://127.0.0.1:1").app.function.serving(application)
    }

    private func throughShim(_ request: Request) throws -> Response {
        let arrival = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "192.0.2.1")
        return LocalShim(function: try function()).respond(request, arrival)
    }

    private let headers: HeaderFields = [
        "Content-Type": "application/json", "X-List": "a", "x-list": "b", "Cookie": "c=1; d=2",
        "X-Request-Timeout-Ms": "30000",
    ]

    @Test func `headers are joined, cookies travel apart, and the answer comes out whole`() throws {
        let response = try throughShim(
            Request(.post, "/echo/a%20b?q=1&q=%2F", headers: headers, body: Array("{}".utf8)))
        #expect(response.status == .created)
        #expect(response.headers.values(of: "Set-Cookie") == ["a=1; Path=/", "b=2"])
        #expect(response.headers.values(of: "Link") == ["</1>, </2>"])
        let seen = try #require(response.headers["X-Seen"])
        #expect(seen.hasPrefix("/echo/a%20b?q=1&q=%2F a b "))
        #expect(seen.contains("x-list=a,b"))
        #expect(seen.contains("Cookie=c=1; d=2"))
        #expect(response.headers["X-Milliseconds"] == "true")
        #expect(response.body == Array("{}".utf8))
    }

    @Test func `bytes that are no text come through both ways`() throws {
        let bytes: [UInt8] = [0x00, 0xFF, 0xFE, 0x22]
        #expect(try throughShim(Request(.post, "/echo/1", headers: headers, body: bytes)).body == bytes)
        #expect(try throughShim(Request(.post, "/echo/1", headers: headers)).body == [])
    }

    @Test(arguments: [[UInt8]("{\"ü\":\"\\n\"}".utf8), [0x00, 0xFF], []])
    func `an event of API Gateway gets the same answer`(body: [UInt8]) throws {
        let shim = try throughShim(Request(.post, "/echo/1?x=%41", headers: headers, body: body))
        let text = String(validating: body, as: UTF8.self)
        let event = JSONWriter.object { writer in
            writer.member("version", "2.0")
            writer.member("rawPath", "/echo/1")
            writer.member("rawQueryString", "x=%41")
            writer.member("cookies", ["c=1", "d=2"])
            writer.member(
                "headers",
                object: { writer in
                    writer.member("content-type", "application/json")
                    writer.member("x-list", "a,b")
                    writer.member("x-request-timeout-ms", "30000")
                })
            writer.member(
                "requestContext",
                object: { writer in
                    writer.member("stage", "$default")
                    writer.member("http", object: { $0.member("method", "POST") })
                })
            writer.member("body", text ?? (body == [0x00, 0xFF] ? "AP8=" : ""))
            writer.member("isBase64Encoded", text == nil)
        }
        let context = LambdaContext(requestID: "r", deadline: .after(milliseconds: 60_000))
        let reply = try JSONParser.parse(function().handle(event, context))
        #expect(reply["statusCode"] == .integer(201))
        #expect(reply["headers"]?["X-Seen"]?.string == shim.headers["X-Seen"])
        #expect(reply["headers"]?["Link"]?.string == shim.headers["Link"])
        #expect(reply["cookies"]?.array?.compactMap(\.string) == shim.headers.values(of: "Set-Cookie"))
        #expect(reply["isBase64Encoded"] == .bool(text == nil))
        #expect(reply["body"]?.string == text ?? "AP8=")
        #expect(shim.body == body)
    }

    @Test func `an unknown path is a problem, as everywhere`() throws {
        let response = try throughShim(Request(.get, "/nowhere?x=1"))
        #expect(response.status == .notFound)
        let problem = try JSONParser.parse(response.body)
        #expect(problem["code"] == .string("route-not-found"))
        #expect(problem["instance"] == .string("/nowhere"))
    }
}
