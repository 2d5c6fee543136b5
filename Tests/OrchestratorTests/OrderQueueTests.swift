import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import LambdaRuntime
@testable import Orchestrator
import ServiceTesting
import Telemetry
import Testing

/// The function fed by a queue whose messages are orders.
@Suite(.blocking) struct OrderQueueTests {
    private func event(_ bodies: [String], group: String? = nil) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member(
                "Records",
                array: { writer in
                    for (index, body) in bodies.enumerated() {
                        writer.object { writer in
                            writer.member("messageId", "m-\(index)")
                            writer.member("body", body)
                            writer.member("eventSource", "aws:sqs")
                            if let group {
                                writer.member("attributes", object: { $0.member("MessageGroupId", group) })
                            }
                        }
                    }
                })
        }
    }

    private func failures(_ event: [UInt8], _ harness: ServiceHarness, milliseconds: Int = 20_000) throws -> [String] {
        let context = LambdaContext(requestID: "request-1", deadline: .after(milliseconds: milliseconds))
        let reply = try JSONParser.parse(harness.app.function.handle(event, context))
        #expect(reply.names == ["batchItemFailures"])
        return (reply["batchItemFailures"]?.array ?? []).compactMap { $0["itemIdentifier"]?.string }
    }

    @Test func `each message becomes its order, and a refused one is left to the queue's redrive`() throws {
        let backend = try Backend()
        let harness = try backend.harness(["API_TOKEN": TestTokens.api])
        let bodies = [
            callBody(backend.ana, [(backend.chair, 2)], key: "key-0"),
            callBody(backend.ana, [(backend.chair, 99)], key: "key-1"), "not JSON",
            callBody(backend.ana, [(backend.chair, 1)], key: "key-3"),
        ]
        #expect(try failures(event(bodies), harness) == ["m-1", "m-2"])
        #expect(try backend.orderCount == 2)
        #expect(try backend.stock == 7)
        // Queues deliver twice at times, and what is refused comes until it is moved away.
        #expect(try failures(event(bodies), harness) == ["m-1", "m-2"])
        #expect(try backend.orderCount == 2)
        #expect(try backend.stock == 7)
    }

    @Test func `what may be cured by a repetition is delivered again`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        let bodies = [callBody(1, [(1, 1)], key: "key-0"), "{}", callBody(1, [(1, 1)], key: "key-2")]
        #expect(try failures(event(bodies), harness) == ["m-0", "m-1", "m-2"])
    }

    @Test func `the log tells a refused message, with its problem, from one that is tried again`() throws {
        let lines = Lock<[JSONValue]>([])
        let sink = LogSink { line in
            if let line = try? JSONParser.parse(Array(line.dropLast())) { lines.withLock { $0.append(line) } }
        }
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        let context = LambdaContext(
            requestID: "request-1", deadline: .after(milliseconds: 20_000), logger: Logger(service: "test", sink: sink))
        _ = try harness.app.function.handle(event(["{}", callBody(1, [(1, 1)], key: "key-1")]), context)
        let told = lines.withLock { $0 }.filter { $0["message_id"] != nil }
        #expect(told.map { $0["message_id"]?.string } == ["m-0", "m-1"])
        #expect(told.map { $0["level"]?.string } == ["error", "warning"])
        #expect(told.first?["problem"]?.string?.contains("idempotency-key-missing") == true)
        #expect(told.last?["problem"]?.string?.contains("orders-unavailable") == true)
    }

    @Test func `in a FIFO queue what follows a refused order waits until that is moved away`() throws {
        let backend = try Backend()
        let harness = try backend.harness()
        let bodies = [
            callBody(backend.ana, [(backend.chair, 99)], key: "key-0"),
            callBody(backend.ana, [(backend.chair, 1)], key: "key-1"),
        ]
        #expect(try failures(event(bodies, group: "g"), harness) == ["m-0", "m-1"])
        #expect(try backend.orderCount == 0)
    }

    @Test func `without time left nothing is begun`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        #expect(try failures(event(["{}", "{}"]), harness, milliseconds: 200) == ["m-0", "m-1"])
    }
}
