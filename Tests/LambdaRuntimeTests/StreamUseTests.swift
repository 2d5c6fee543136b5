import BlockingTesting
import Concurrency
import LambdaRuntime
import ScriptedServer
import Testing

/// What a stream says to a handler that uses it otherwise than it should.
@Suite(.blocking) struct StreamUseTests {
    private struct Handler: StreamingLambdaHandler {
        let body: @Sendable (LambdaResponseStream) throws -> Void

        func handle(_ event: [UInt8], _ context: LambdaContext, _ response: LambdaResponseStream) throws {
            try body(response)
        }
    }

    private func run(_ body: @escaping @Sendable (LambdaResponseStream) throws -> Void) throws -> RuntimeAPI.Outcome {
        try RuntimeAPI.run([.event("1", id: "id-1"), .event("2", id: "id-2")]) {
            try LambdaRuntime(handler: Handler(body: body), configuration: $0)
        }
    }

    @Test func `a stream begins once`() throws {
        let outcome = try run { stream in
            try stream.begin(contentType: "text/plain")
            #expect(throws: LambdaStreamError.begunBefore) { try stream.begin(contentType: "text/html") }
            try stream.write("text")
            #expect(throws: LambdaStreamError.begunBefore) { try stream.beginHTTP(status: 200) }
        }
        #expect(outcome.posts.map(\.text) == ["text", "text"])
        #expect(outcome.posts.first?.request.header("Content-Type") == "text/plain")
    }

    @Test func `a stream that the handler keeps is over when the handler has returned`() throws {
        let kept = Lock<LambdaResponseStream?>(nil)
        let late = Lock<[LambdaStreamError]>([])
        let outcome = try run { stream in
            let earlier = kept.withLock { kept in
                defer { kept = stream }
                return kept
            }
            do throws(LambdaStreamError) { try earlier?.write("late") } catch { late.withLock { $0.append(error) } }
            try stream.write("own")
        }
        #expect(outcome.posts.map(\.text) == ["own", "own"])
        #expect(late.withLock { $0 } == [.ended])
    }

    @Test func `each stream has a connection to itself, which is closed after it`() throws {
        let outcome = try run { try $0.write("x") }
        #expect(outcome.acceptedCount == 3, "the first event's, the second's, and that of the next /next")
    }
}
