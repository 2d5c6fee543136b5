import BlockingTesting
import Concurrency
import Foundation
import JSON
import Testing

/// What SIGTERM does, and what the log looks like in Lambda.
@Suite(.blocking) struct TerminationTests {
    @Test func `a handler that outlasts the grace is left behind`() throws {
        let process = try LambdaProcess([.event(#"{"do":"sleep","milliseconds":30000}"#)])
        defer { process.end() }
        #expect(process.waitForText("sleeping"))
        process.signal(SIGTERM)
        #expect(process.waitForExit(seconds: 10) == 0)
        let stopped = process.logLines.first { $0["message"]?.string == "stopped" }
        #expect(stopped?["handlersLeftBehind"] == .integer(1))
        #expect(process.api.posts.isEmpty)
        #expect(process.text.contains("goodbye"), "the user's own clean-up did not run")
    }

    @Test func `a log that nobody reads any more does not end the process`() throws {
        let process = try LambdaProcess([.event("1")])
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        process.closeOutput()
        process.api.append([.event(#"{"do":"log","message":"m"}"#), .event("\"after\"")])
        #expect(process.api.waitForPosts(3))
        #expect(process.api.posts.last?.text == "\"after\"")
    }

    @Test func `a log that nobody reads does not keep invocations from their answers`() throws {
        let process = try LambdaProcess(
            (0..<20).map { .event(#"{"do":"log","message":"m"}"#, id: "request-\($0)") }, isOutputFull: true)
        defer { process.end() }
        #expect(process.api.waitForPosts(20))
        process.signal(SIGTERM)
        #expect(process.waitForExit(seconds: 10) == 0)
    }

    @Test func `a line is out before Lambda may freeze the process`() throws {
        let frozen = Lock<(process: LambdaProcess?, count: Int)>((nil, 0))
        // Lambda may do so once it has the answer.
        let process = try LambdaProcess([]) { number in
            frozen.withLock { frozen in
                frozen.process?.signal(SIGSTOP)
                frozen.count = number
            }
            frozen.broadcast()
            return .accepted
        }
        defer { process.end() }
        frozen.withLock { $0.process = process }
        defer { frozen.withLock { $0.process = nil } }
        for number in 1...30 {
            process.api.append([.event(#"{"do":"log","message":"line-\#(number)-"}"#)])
            let limit = Deadline.after(milliseconds: 20_000).uptimeNanoseconds
            try #require(frozen.wait(untilUptimeNanoseconds: limit) { $0.count == number ? true : nil } != nil)
            try #require(process.waitForText("line-\(number)-", seconds: 5), "\(number)")
            process.signal(SIGCONT)
        }
    }

    @Test(arguments: ["json", "JSON", "Json", ""]) func `lines are JSON with Lambda's levels and the request id`(
        format: String
    ) throws {
        let process = try LambdaProcess(
            [.event(#"{"do":"log","message":"hello","detail":"d"}"#, id: "request-9")],
            environment: ["AWS_LAMBDA_LOG_FORMAT": format, "AWS_LAMBDA_LOG_LEVEL": "Warn"])
        defer { process.end() }
        #expect(process.api.waitUntilFinished())
        process.signal(SIGTERM)
        #expect(process.waitForExit() == 0)
        let lines = process.logLines
        #expect(lines.count == 1, "\(process.text)")
        #expect(lines.first?["level"]?.string == "WARN")
        #expect(lines.first?["requestId"]?.string == "request-9")
        #expect(lines.first?["message"]?.string == "hello")
        #expect(lines.first?["detail"]?.string == "d")
        #expect(lines.first?["service"]?.string == "echo")
    }

    @Test(arguments: ["text", "Text", "TEXT"]) func `lines are text where the function says so`(format: String) throws {
        let process = try LambdaProcess(
            [.event(#"{"do":"log","message":"hel\nlo","detail":"d"}"#, id: "request-9")],
            environment: ["AWS_LAMBDA_LOG_FORMAT": format])
        defer { process.end() }
        let line = #" WARN hel\nlo requestId="request-9" detail="d""# + "\n"
        #expect(process.waitForText(line), "\(process.text)")
    }
}
