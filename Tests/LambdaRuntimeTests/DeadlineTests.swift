import BlockingTesting
import Concurrency
import Foundation
import JSON
import LambdaRuntime
import ScriptedServer
import Testing

/// A handler that does not end in time: its invocation is answered once, and the process goes on.
@Suite(.blocking) struct DeadlineTests {
    private static func headers(milliseconds: Int64) -> [String] {
        ["Lambda-Runtime-Deadline-Ms: \(Int64(Date().timeIntervalSince1970 * 1000) + milliseconds)"]
    }

    private func isTimeout(_ post: RuntimeAPI.Post?) -> Bool {
        post?.path.hasSuffix("/error") == true && post?.json?["errorType"]?.string == "Function.DeadlineExceeded"
            && post?.request.header("Lambda-Runtime-Function-Error-Type") == "Function.DeadlineExceeded"
    }

    @Test func `a handler that heeds its cancellation is answered for, and its own result is dropped`() throws {
        let process = try LambdaProcess([
            .event(#"{"do":"waitForCancellation"}"#, id: "late", headers: Self.headers(milliseconds: 1000)),
            .event("\"after\"", id: "after"),
        ])
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        let posts = process.api.posts
        #expect(posts.map(\.path.isEmpty) == [false, false], "\(posts.map(\.path))")
        #expect(isTimeout(posts.first))
        #expect(posts.last?.text == "\"after\"")
        #expect(process.waitForText("its result is dropped"))
        #expect(!process.text.contains("another thread"))
    }

    @Test func `a handler that ignores its cancellation loses its place`() throws {
        let process = try LambdaProcess([
            .event(#"{"do":"sleep","milliseconds":1500}"#, id: "late", headers: Self.headers(milliseconds: 600)),
            .event("\"after\"", id: "after"),
        ])
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        #expect(isTimeout(process.api.posts.first))
        #expect(process.api.posts.last?.text == "\"after\"")
        #expect(process.waitForText("another thread takes the next event"))
        // Its result comes to nothing when it ends at last.
        process.api.append([.event("\"much later\"", id: "later")])
        #expect(process.api.waitForPosts(3))
        #expect(process.api.posts.count == 3)
    }

    @Test func `too many handlers that never end, end the process with a reason`() throws {
        let stuck = (1...12).map { number in
            RuntimeAPI.Next.event(
                #"{"do":"sleep","milliseconds":60000}"#, id: "stuck-\(number)",
                headers: Self.headers(milliseconds: 4000))
        }
        let process = try LambdaProcess(stuck, environment: ["AWS_LAMBDA_MAX_CONCURRENCY": "12"])
        defer { process.end() }
        #expect(process.waitForExit() == 1, "\(process.text)")
        #expect(process.waitForText("handlers go on after their cancellation"))
        #expect(process.api.posts.count == 12)
        #expect(process.api.posts.allSatisfy(isTimeout))
    }

    @Test(arguments: ["async", "typed"])
    func `a task is canceled at the deadline`(mode: String) throws {
        let process = try LambdaProcess(
            [
                .event(#"{"do":"sleep","milliseconds":60000}"#, id: "late", headers: Self.headers(milliseconds: 600)),
                .event(#"{"do":"sleep","milliseconds":1}"#, id: "after"),
                .event(#"{"do":"throw","type":"Own.Error","message":"m"}"#, id: "error"),
            ], environment: ["LAMBDA_ECHO_MODE": mode])
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        #expect(isTimeout(process.api.posts.first))
        #expect(process.api.posts.map(\.path).map { $0.split(separator: "/").last } == ["error", "response", "error"])
        #expect(!process.text.contains("another thread"), "the canceled task did not end")
    }

    @Test func `an event that is handled in time costs the watchdog nothing and is answered once`() throws {
        let process = try LambdaProcess(
            (1...50).map { .event("\($0)", id: "id-\($0)", headers: Self.headers(milliseconds: 1500)) })
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        // Past every deadline.
        Concurrency.Thread.sleep(milliseconds: 1600)
        #expect(process.api.posts.map(\.text) == (1...50).map(String.init))
        #expect(process.text.isEmpty)
    }

    @Test func `an error in delivering the timeout does not stop the loop`() throws {
        let process = try LambdaProcess(
            [
                .event(#"{"do":"waitForCancellation"}"#, id: "late", headers: Self.headers(milliseconds: 500)),
                .event("\"after\"", id: "after"),
            ], answer: { $0 == 1 ? .status("403 Forbidden") : .accepted })
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        #expect(isTimeout(process.api.posts.first))
        #expect(process.api.posts.last?.text == "\"after\"")
    }
}
