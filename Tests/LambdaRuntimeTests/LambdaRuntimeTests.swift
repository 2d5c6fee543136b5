import BlockingTesting
import Concurrency
import JSON
import LambdaRuntime
import ScriptedServer
import Telemetry
import Testing

@Suite(.blocking) struct LambdaRuntimeTests {
    private let responsePath = "/2018-06-01/runtime/invocation/id-1/response"
    private let errorPath = "/2018-06-01/runtime/invocation/id-1/error"

    private struct Unhappy: Error, CustomStringConvertible {
        let description: String
    }

    @Test func `events are answered in turn over one connection`() throws {
        let outcome = try RuntimeAPI.run(
            (1...20).map { .event("{\"n\":\($0)}", id: "id-\($0)") }, handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.path) == (1...20).map { "/2018-06-01/runtime/invocation/id-\($0)/response" })
        #expect(outcome.posts.map(\.text) == (1...20).map { "{\"n\":\($0)}" })
        #expect(outcome.acceptedCount == 1)
        #expect(outcome.error == nil)
        #expect(outcome.log == [])
    }

    @Test(arguments: ["Lambda-Runtime-Deadline-Ms: \(Int64.max)", "Lambda-Runtime-Deadline-Ms: soon", "X-Nothing: 1"])
    func `a deadline that cannot be true is the longest that Lambda grants`(header: String) throws {
        let remaining = Lock(0)
        _ = try RuntimeAPI.run(
            [.event("{}", headers: [header])],
            handler: ClosureHandler { event, context in
                remaining.withLock { $0 = context.deadline.remainingMilliseconds }
                return event
            })
        #expect(800_000...900_000 ~= remaining.withLock { $0 })
    }

    @Test(arguments: ["1", "-1", "\(Int64.min)"])
    func `a deadline in the past has passed`(value: String) throws {
        let passed = Lock(false)
        _ = try RuntimeAPI.run(
            [.event("{}", headers: ["Lambda-Runtime-Deadline-Ms: \(value)"])],
            handler: ClosureHandler { event, context in
                passed.withLock { $0 = context.deadline.hasPassed }
                return event
            })
        #expect(passed.withLock { $0 })
    }

    @Test func `a handler's error is reported as valid JSON and the next event is handled`() throws {
        let outcome = try RuntimeAPI.run(
            [.event("1"), .event("2")],
            handler: ClosureHandler { event, _ in
                guard event == Array("1".utf8) else { return event }
                throw Unhappy(description: "line\nbreak, \u{1}, \"quote\" and ü")
            })
        #expect(outcome.posts.map(\.path) == [errorPath, responsePath])
        let post = try #require(outcome.posts.first)
        #expect(post.json?["errorMessage"]?.string == "line\nbreak, \u{1}, \"quote\" and ü")
        #expect(post.json?["errorType"]?.string == "Unhappy")
        #expect(post.json?["stackTrace"]?.array == [])
        #expect(post.request.header("lambda-runtime-function-error-type") == "Unhappy")
        #expect(outcome.log.count == 1)
    }

    @Test(arguments: [
        "413 Request Entity Too Large", "400 Bad Request", "403 Forbidden", "500 Internal Server Error",
    ])
    func `a refused response is logged and the loop goes on`(status: String) throws {
        let outcome = try RuntimeAPI.run(
            [.event("1"), .event("2")], handler: ClosureHandler.echo, answer: { $0 == 1 ? .status(status) : .accepted })
        #expect(outcome.posts.map(\.path) == [responsePath, responsePath])
        #expect(outcome.posts.map(\.text) == ["1", "2"])
        #expect(outcome.log.count == 1)
        #expect(outcome.log.first?.contains("The API answered \(status.prefix(3)).") == true)
        #expect(outcome.error == nil)
    }

    @Test func `a response on a dropped connection is sent once more`() throws {
        let outcome = try RuntimeAPI.run(
            [.event("1"), .event("2")], handler: ClosureHandler.echo, answer: { $0 == 1 ? .drop : .accepted })
        #expect(outcome.posts.map(\.text) == ["1", "1", "2"])
        #expect(outcome.log == [])
    }

    @Test func `a response is sent twice at most`() throws {
        let outcome = try RuntimeAPI.run(
            [.event("1"), .event("2")], handler: ClosureHandler.echo, answer: { $0 <= 2 ? .drop : .accepted })
        #expect(outcome.posts.map(\.text) == ["1", "1", "2"])
        #expect(outcome.log.count == 1)
    }

    @Test func `a runtime API that fails for a moment is asked again`() throws {
        let outcome = try RuntimeAPI.run(
            [.status("500 Internal Server Error"), .drop, .event("1"), .anonymousEvent, .drop, .event("2")],
            handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.text) == ["1", "2"])
        // A kept-alive connection that turns out to be closed is no failure yet.
        #expect(outcome.log.count == 2)
        #expect(outcome.error == nil)
    }

    @Test func `a runtime API that keeps failing ends the loop with a reason`() throws {
        let outcome = try RuntimeAPI.run(
            [.event("1")] + [RuntimeAPI.Next](repeating: .status("403 Forbidden"), count: 3),
            handler: ClosureHandler.echo)
        #expect(outcome.posts.map(\.text) == ["1"])
        #expect(outcome.error == .nextFailed(attempts: 3, reason: "The API answered 403."))
    }

    @Test(arguments: [
        "", "http://127.0.0.1:9001", "user@host:1", "host:port", "host", "host:0", "host:65536", ":1", "::1:9001",
        "h:1?x",
        "h:1 ",
    ])
    func `an address that is none is refused at once`(api: String) {
        let runtime = LambdaRuntime(
            handler: ClosureHandler.echo, api: api, logger: Logger(service: "test", sink: LogSink { _ in }))
        #expect(throws: LambdaRuntimeError.invalidAPIAddress(api)) { () throws(LambdaRuntimeError) in
            try runtime.run()
        }
    }

    @Test func `an initialization error is reported before the end`() throws {
        let received = Lock<[ScriptedConnection.ReceivedRequest]>([])
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            received.withLock { $0.append(request) }
            connection.reply("202 Accepted")
        }
        defer { server.stop() }
        LambdaRuntime.reportInitializationError(
            Unhappy(description: "no token"), api: "127.0.0.1:\(server.port)",
            logger: Logger(service: "test", sink: LogSink { _ in }))
        let request = try #require(received.withLock { $0.first })
        #expect(request.line == "POST /2018-06-01/runtime/init/error HTTP/1.1")
        #expect(try JSONParser.parse(request.body)["errorMessage"]?.string == "no token")
    }
}
