import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
@testable import LambdaRuntime
import Testing

/// Handlers that await, of each kind.
@Suite(.blocking) struct AsyncHandlerTests {
    private struct Unhappy: Error {}

    private func context(_ cancellation: InvocationCancellation) throws -> LambdaContext {
        try #require(
            LambdaContext(cancellation: cancellation, number: 1, logger: SampleEvents.context.logger) { name in
                String(describing: name) == "Lambda-Runtime-Aws-Request-Id" ? "request-1" : nil
            })
    }

    /// What a handler replies on a thread outside Swift's pool, as the runtime calls it.
    private func reply(
        _ handler: some LambdaHandler, to event: String, _ context: LambdaContext = SampleEvents.context
    ) throws -> JSONValue {
        try JSONParser.parse(handler.handle(Array(event.utf8), context))
    }

    @Test func `a request is answered, with the event or without`() throws {
        let short = HTTPLambdaHandler { request, _ in
            await Task.yield()
            return Response(.ok, body: Array(request.target.utf8))
        }
        let whole = HTTPLambdaHandler(event: { event, _ in
            await Task.yield()
            return Response(.ok, body: Array(event.request.target.utf8))
        })
        for (handler, target) in [(short, "/my/path?a=1&a=%202&b"), (whole, "/prod/my/path?a=1&a=%202&b")] {
            let answer = try reply(handler, to: SampleEvents.httpAPI)
            #expect(answer["body"]?.string == target)
        }
    }

    @Test func `messages are worked off one after another, and those that fail are named`() throws {
        let steps = Lock<[String]>([])
        let handler = SQSLambdaHandler(
            report: { message, _ in steps.withLock { $0.append("\(message.messageID)!") } }
        ) { message, _ in
            steps.withLock { $0.append(message.messageID) }
            await Task.yield()
            if message.messageID == "m-1" { throw Unhappy() }
        }
        let answer = try reply(handler, to: SampleEvents.queue)
        #expect(answer["batchItemFailures"]?.array?.map { $0["itemIdentifier"]?.string } == ["m-1"])
        #expect(steps.withLock { $0 } == ["m-1", "m-1!", "m-2"])
    }

    @Test func `a schedule runs, and what is thrown is thrown`() throws {
        let handler = ScheduledLambdaHandler { event, _ in
            await Task.yield()
            if event.time != nil { throw Unhappy() }
        }
        #expect(throws: Unhappy.self) { try reply(handler, to: SampleEvents.schedule) }
        #expect(throws: LambdaEventError.self) { try reply(handler, to: SampleEvents.ec2) }
    }

    @Test func `a type of one's own goes in, and another comes out`() throws {
        let handler = TypedLambdaHandler(
            decode: { $0.count }, encode: { (count: Int) in Array("\(count)".utf8) }
        ) { (count: Int, _) in
            await Task.yield()
            return count * 2
        }
        #expect(try reply(handler, to: "123") == .integer(6))
    }

    @Test func `the task is canceled with its invocation, and no message is begun after that`() throws {
        let cancellation = InvocationCancellation()
        let context = try context(cancellation)
        let begun = Lock<[String]>([])
        let handler = SQSLambdaHandler(report: { _, _ in }) { message, _ in
            begun.withLock { $0.append(message.messageID) }
            cancellation.cancel(1)
            try await Task.sleep(for: .seconds(60))
        }
        let answer = try reply(handler, to: SampleEvents.queue, context)
        #expect(answer["batchItemFailures"]?.array?.count == 2)
        #expect(begun.withLock { $0 } == ["m-1"])
        let late = HTTPLambdaHandler { _, _ in
            try await Task.sleep(for: .seconds(60))
            return Response(.ok)
        }
        #expect(throws: CancellationError.self) { try reply(late, to: SampleEvents.httpAPI, context) }
    }
}
