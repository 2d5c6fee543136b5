import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
@testable import Orchestrator
import ServiceTesting
import Testing
import WebApplication

/// Lambda's Invoke API on the local port.
@Suite(.blocking) struct LocalInvocationTests {
    /// As the port's server calls it.
    private func post(_ harness: ServiceHarness, _ body: String, headers: HeaderFields = [:]) -> Reply {
        var request = Request(.post, LocalInvocation.path, headers: headers, body: Array(body.utf8))
        if request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
        let arrival = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1")
        return Reply(harness.app.shim.respond(request, arrival))
    }

    @Test func `an order is placed by its bare body, with a token only`() throws {
        let backend = try Backend()
        let harness = try backend.harness(["API_TOKEN": TestTokens.api])
        let body = callBody(backend.ana, [(backend.chair, 2)], key: "key-1")
        for headers: HeaderFields in [[:], ["Authorization": "Bearer other"]] {
            let refused = post(harness, body, headers: headers)
            #expect(refused.status == 401, "\(refused)")
            #expect(refused.code == "unauthorized")
        }
        #expect(try backend.orderCount == 0)
        let reply = post(
            harness, body, headers: ["Authorization": "Bearer \(TestTokens.api)", "X-Correlation-Id": "req-456"])
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.headers["X-Amz-Function-Error"] == nil)
        #expect(reply.data["order"]?["status"] == .string("CONFIRMED"))
        #expect(reply.json["correlationId"] == .string("req-456"))
    }

    @Test func `an event of a queue needs a token as well`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1", ["API_TOKEN": TestTokens.api])
        #expect(post(harness, #"{"Records":[]}"#).status == 401)
        let reply = post(harness, #"{"Records":[]}"#, headers: ["Authorization": "Bearer \(TestTokens.api)"])
        #expect(reply.body == Array(#"{"batchItemFailures":[]}"#.utf8))
    }

    @Test func `a failure of the function has status 200 and says so in a header`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        for (body, type) in [
            (#"{"customer_id":1}"#, "OrderRefused"), (#"{"Records":[{"eventSource":"aws:s3"}]}"#, "LambdaEventError"),
            (callBody(1, [(1, 1)], key: "key-1"), "OrderNotFinished"),
        ] {
            let reply = post(harness, body)
            #expect(reply.status == 200, "\(reply)")
            #expect(reply.headers["X-Amz-Function-Error"] == "Unhandled")
            #expect(reply.headers["Content-Type"] == "application/json")
            #expect(reply.json["errorType"] == .string(type))
            #expect(reply.json["errorMessage"]?.string?.isEmpty == false)
        }
    }

    @Test func `an event of API Gateway carries its own token, and cannot invoke in turn`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1", ["API_TOKEN": TestTokens.api])
        let headers: HeaderFields = ["Authorization": "Bearer \(TestTokens.api)"]
        for (path, status) in [(ServiceHarness.path, 401), ("/health/live", 200), (LocalInvocation.path, 404)] {
            let reply = post(
                harness,
                #"{"rawPath":"\#(path)","requestContext":{"http":{"method":"METHOD"}}}"#
                    .replacing("METHOD", with: path == "/health/live" ? "GET" : "POST"), headers: headers)
            #expect(reply.status == 200)
            #expect(reply.headers["X-Amz-Function-Error"] == nil)
            #expect(reply.json["statusCode"] == .integer(Int64(status)), "\(path)")
        }
    }

    @Test func `what Lambda would not hand to a function is refused`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        #expect(post(harness, "not JSON").code == "malformed-json")
        #expect(post(harness, "").code == "malformed-json")
        #expect(post(harness, "[1]").code == "body-not-object")
        #expect(post(harness, "{}", headers: ["X-Amz-Invocation-Type": "Event"]).code == "invalid-header")
        #expect(post(harness, "{}", headers: ["Content-Type": "text/plain"]).code == "unsupported-media-type")
        #expect(post(harness, #"{"Records":[]}"#, headers: ["X-Amz-Invocation-Type": "RequestResponse"]).status == 200)
    }

    @Test func `many invocations run at once`() throws {
        let backend = try Backend(stock: 40)
        let harness = try backend.harness()
        let replies = try inParallel(20) { [backend] number in
            post(harness, callBody(backend.ana, [(backend.chair, 1)], key: "key-\(number)"))
        }
        #expect(replies.allSatisfy { $0.status == 200 && $0.json["success"] == .bool(true) }, "\(replies)")
        #expect(try backend.stock == 20)
    }
}
