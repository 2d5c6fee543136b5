import BlockingTesting
import Foundation
import JSON
import ScriptedServer
import Testing

/// What goes over the wire, seen by a scripted runtime API under a real process.
@Suite(.blocking) struct ProtocolTests {
    @Test func `every field of an event reaches the handler, and the invocation id comes back`() throws {
        let deadline = Int64(Date().timeIntervalSince1970 * 1000) + 60_000
        let process = try LambdaProcess([
            .event(
                #"{"do":"context"}"#, id: "request-1",
                headers: [
                    "Lambda-Runtime-Deadline-Ms: \(deadline)", "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:x",
                    "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1",
                    "Lambda-Runtime-Client-Context: {\"c\":1}", "Lambda-Runtime-Cognito-Identity: {\"i\":2}",
                    "Lambda-Runtime-Aws-Tenant-Id: tenant-1", "Lambda-Runtime-Invocation-Id: delivery-7",
                ]),
            .event(#"{"do":"context"}"#, id: "request-2"),
            .event(#"{"do":"throw"}"#, id: "request-3", headers: ["Lambda-Runtime-Invocation-Id: delivery-8"]),
        ])
        defer { process.end() }
        #expect(process.api.waitForPosts(3))
        let posts = process.api.posts
        let first = try #require(posts[0].json)
        #expect(first["requestID"]?.string == "request-1")
        #expect(50_000...60_000 ~= (first["remainingMilliseconds"]?.integer ?? 0))
        #expect(first["arn"]?.string == "arn:aws:lambda:x")
        #expect(first["traceID"]?.string == "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1")
        #expect(first["traceVariable"] == first["traceID"])
        #expect(first["clientContext"]?.string == "{\"c\":1}")
        #expect(first["cognitoIdentity"]?.string == "{\"i\":2}")
        #expect(first["tenantID"]?.string == "tenant-1")
        #expect(first["invocationID"]?.string == "delivery-7")
        #expect(posts[0].request.header("Lambda-Runtime-Invocation-Id") == "delivery-7")
        #expect(posts[0].request.header("User-Agent")?.isEmpty == false)
        #expect(posts[1].json?["traceVariable"] == .null)
        #expect(posts[1].request.header("Lambda-Runtime-Invocation-Id") == nil)
        #expect(posts[2].path == "/2018-06-01/runtime/invocation/request-3/error")
        #expect(posts[2].request.header("Lambda-Runtime-Invocation-Id") == "delivery-8")
    }

    @Test func `with several invocations at once the environment names no trace`() throws {
        let process = try LambdaProcess(
            [.event(#"{"do":"context"}"#, headers: ["Lambda-Runtime-Trace-Id: Root=1"])],
            environment: ["AWS_LAMBDA_MAX_CONCURRENCY": "2"])
        defer { process.end() }
        #expect(process.api.waitForPosts(1))
        #expect(process.api.posts[0].json?["traceID"]?.string == "Root=1")
        #expect(process.api.posts[0].json?["traceVariable"] == .null)
    }

    @Test func `an error carries its type and what X-Ray shows, in ASCII`() throws {
        let process = try LambdaProcess([
            .event(#"{"do":"throw","type":"Order.Unknown","message":"no \"order\"\n ü 😀"}"#)
        ])
        defer { process.end() }
        #expect(process.api.waitForPosts(1))
        let post = process.api.posts[0]
        #expect(post.request.header("Lambda-Runtime-Function-Error-Type") == "Order.Unknown")
        #expect(post.json?["errorType"]?.string == "Order.Unknown")
        #expect(post.json?["errorMessage"]?.string == "no \"order\"\n ü 😀")
        let cause = try #require(post.request.header("Lambda-Runtime-Function-XRay-Error-Cause"))
        #expect(cause.utf8.allSatisfy { 0x20...0x7E ~= $0 })
        let exception = try JSONParser.parse(Array(cause.utf8))["exceptions"]?.array?.first
        #expect(exception?["type"]?.string == "Order.Unknown")
        #expect(exception?["message"]?.string == "no \"order\"\n ü 😀")
    }

    @Test(arguments: [(6_291_556, true), (6_291_557, false)])
    func `a response is as large as Lambda takes, or is never sent`(byteCount: Int, isSent: Bool) throws {
        let process = try LambdaProcess([
            .event("{\"do\":\"size\",\"bytes\":\(byteCount)}"), .event("\"after\""),
        ])
        defer { process.end() }
        #expect(process.api.waitForPosts(2))
        let post = process.api.posts[0]
        if isSent {
            #expect(post.path.hasSuffix("/response"))
            #expect(post.request.body.count == byteCount)
        } else {
            #expect(post.path.hasSuffix("/error"))
            #expect(post.json?["errorType"]?.string == "Function.ResponseSizeTooLarge")
        }
        #expect(process.api.posts[1].text == "\"after\"")
    }

    @Test func `a handler that cannot be made is reported, and ends the process`() throws {
        let process = try LambdaProcess([], environment: ["LAMBDA_ECHO_INIT": "fail"])
        defer { process.end() }
        #expect(process.waitForExit() == 1)
        let post = try #require(process.api.posts.first)
        #expect(post.path == "/2018-06-01/runtime/init/error")
        #expect(post.request.header("Lambda-Runtime-Function-Error-Type") == "NoPurpose")
        #expect(post.json?["errorType"]?.string == "NoPurpose")
        #expect(process.api.nextCount == 0)
        #expect(process.text.contains("NoPurpose"))
    }

    @Test(arguments: ["0", "-1", "1601", "many", "1e3"])
    func `a concurrency that Lambda does not have ends the process with a reason`(value: String) throws {
        let process = try LambdaProcess([], environment: ["AWS_LAMBDA_MAX_CONCURRENCY": value])
        defer { process.end() }
        #expect(process.waitForExit() == 1)
        #expect(process.text.contains("AWS_LAMBDA_MAX_CONCURRENCY"))
        #expect(process.api.posts.map(\.path) == ["/2018-06-01/runtime/init/error"])
    }

    @Test func `without Lambda around it the process says so`() throws {
        let process = try LambdaProcess([], environment: ["AWS_LAMBDA_RUNTIME_API": ""])
        defer { process.end() }
        #expect(process.waitForExit() == 1)
        #expect(process.text.contains("AWS_LAMBDA_RUNTIME_API is not set"))
    }

    @Test func `as many events as slots are handled at once, each on a connection of its own`() throws {
        let sleep = #"{"do":"sleep","milliseconds":400}"#
        let process = try LambdaProcess(
            (1...8).map { .event(sleep, id: "id-\($0)") }, environment: ["AWS_LAMBDA_MAX_CONCURRENCY": "4"])
        defer { process.end() }
        // All four slots ask before the first handler has ended.
        #expect(process.api.wait(until: { $0 == 4 }))
        #expect(process.api.posts.isEmpty)
        #expect(process.api.waitForPosts(8))
        #expect(Set(process.api.posts.map(\.path)).count == 8)
        #expect(process.server.acceptedCount == 6, "four slots, the registration and its extension")
    }

    @Test func `an extension is registered before the first event is asked for`() throws {
        let process = try LambdaProcess([.event("1")])
        defer { process.end() }
        #expect(process.api.waitForPosts(1))
        let registration = try #require(process.api.registrations.first)
        #expect(registration.text == "{\"events\":[]}")
        #expect(registration.request.header("Lambda-Extension-Name")?.isEmpty == false)
    }
}
