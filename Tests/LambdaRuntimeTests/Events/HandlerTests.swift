import BlockingTesting
import Concurrency
import Foundation
import HTTPMessages
import JSON
@testable import LambdaRuntime
import Testing

@Suite(.blocking) struct HandlerTests {
    private struct Unhappy: Error {}

    private func failedIDs(_ reply: [UInt8]) throws -> [String] {
        let json = try JSONParser.parse(reply)
        #expect(json.object?.members.map(\.name) == ["batchItemFailures"])
        return (json["batchItemFailures"]?.array ?? []).compactMap { $0["itemIdentifier"]?.string }
    }

    @Test func `one handler serves all HTTP sources`() throws {
        let handler = HTTPLambdaHandler { request, context in
            Response(.ok, body: Array("\(request.method) \(request.target) \(context.requestID)".utf8))
        }
        for (text, expected) in [
            (SampleEvents.restAPI, "POST /orders/1?name=a%20b%26c&id=1&id=2"),
            (SampleEvents.httpAPI, "POST /my/path?a=1&a=%202&b"), (SampleEvents.functionURL, "GET /my/path?a=1"),
            (SampleEvents.loadBalancer, "GET /a%20b?query=1%202&other=a+b"), (SampleEvents.healthCheck, "GET /health"),
        ] {
            let reply = try JSONParser.parse(handler.handle(Array(text.utf8), SampleEvents.context))
            #expect(reply["body"]?.string == "\(expected) request-1")
        }
        #expect(throws: LambdaEventError.self) { try handler.handle(Array("{}".utf8), SampleEvents.context) }
    }

    @Test func `a handler may see what the source says besides`() throws {
        let handler = HTTPLambdaHandler(event: { event, _ in
            Response(.ok, body: Array("\(event.source) \(event.sourceIP ?? "")".utf8))
        })
        let reply = try JSONParser.parse(handler.handle(Array(SampleEvents.functionURL.utf8), SampleEvents.context))
        #expect(reply["body"]?.string == "functionURL 123.123.123.123")
    }

    @Test func `a message that fails is named, and no other`() throws {
        let reported = Lock<[String]>([])
        let handler = SQSLambdaHandler(report: { message, _ in reported.withLock { $0.append(message.messageID) } }) {
            message, _ in
            if message.body == "{}" { throw Unhappy() }
        }
        #expect(try failedIDs(handler.handle(Array(SampleEvents.queue.utf8), SampleEvents.context)) == ["m-2"])
        #expect(reported.withLock { $0 } == ["m-2"])
        let calm = SQSLambdaHandler { _, _ in }
        #expect(try failedIDs(calm.handle(Array(SampleEvents.queue.utf8), SampleEvents.context)) == [])
        #expect(try failedIDs(calm.handle(Array(#"{"Records":[]}"#.utf8), SampleEvents.context)) == [])
    }

    @Test func `after a failure the later messages of its group fail untried, the others are worked off`() throws {
        let tried = Lock<[String]>([])
        let handler = SQSLambdaHandler(report: { _, _ in }) { message, _ in
            tried.withLock { $0.append(message.messageID) }
            if message.messageID == "m-1" { throw Unhappy() }
        }
        let event = Array(SampleEvents.fifoQueue.utf8)
        #expect(try failedIDs(handler.handle(event, SampleEvents.context)) == ["m-1", "m-3"])
        #expect(tried.withLock { $0 } == ["m-1", "m-2", "m-4", "m-5"])
        // Groups of a queue that is not FIFO say nothing about order.
        let standard = Array(SampleEvents.fifoQueue.replacing("my-queue.fifo", with: "my-queue").utf8)
        #expect(try failedIDs(handler.handle(standard, SampleEvents.context)) == ["m-1"])
    }

    @Test func `messages whose turn comes too late fail untried`() throws {
        let handler = SQSLambdaHandler { _, _ in Issue.record("tried") }
        let context = LambdaContext(requestID: "r", deadline: .after(milliseconds: 0))
        #expect(try failedIDs(handler.handle(Array(SampleEvents.queue.utf8), context)) == ["m-1", "m-2"])
    }

    @Test func `a message has its attributes`() throws {
        let message = try #require(try SQSEvent(Array(SampleEvents.queue.utf8)).messages.first)
        #expect(message.messageID == "m-1")
        #expect(message.body == "Test message.")
        #expect(message.receiveCount == 3)
        #expect(message.groupID == nil)
        #expect(message.attributes["SentTimestamp"] == "1545082649183")
        #expect(message.messageAttributes["kind"]?.stringValue == "100")
        #expect(message.messageAttributes["kind"]?.dataType == "Number")
        #expect(message.messageAttributes["blob"]?.binaryValue == [0x00, 0xFF, 0xFE])
        #expect(message.eventSourceARN == "arn:aws:sqs:us-east-2:123456789012:my-queue")
    }

    @Test func `a batch with a message that cannot be named fails whole`() {
        let text = SampleEvents.queue.replacing(#""messageId":"m-2","#, with: "")
        #expect(throws: LambdaEventError.missing("Records[1].messageId")) { try SQSEvent(Array(text.utf8)) }
    }

    @Test func `a scheduled handler runs for schedules only`() throws {
        let times = Lock<[String?]>([])
        let handler = ScheduledLambdaHandler { event, _ in times.withLock { $0.append(event.time) } }
        #expect(try handler.handle(Array(SampleEvents.schedule.utf8), SampleEvents.context) == Array("null".utf8))
        #expect(times.withLock { $0 } == ["2019-03-01T01:23:45Z"])
        let error = #expect(throws: LambdaEventError.self) {
            try handler.handle(Array(SampleEvents.ec2.utf8), SampleEvents.context)
        }
        #expect(error?.description == "The event is of aws.ec2; this function takes schedules of EventBridge.")
    }

    @Test func `Foundation's decoder and encoder serve a handler of one's own types`() throws {
        struct Order: Decodable { let quantity: Int }
        struct Receipt: Encodable { let total: Int }
        let handler = TypedLambdaHandler(
            decode: { try JSONDecoder().decode(Order.self, from: Data($0)) },
            encode: { Array(try JSONEncoder().encode($0)) }
        ) { (order: Order, _) in Receipt(total: order.quantity * 3) }
        #expect(
            try handler.handle(Array(#"{"quantity":2}"#.utf8), SampleEvents.context) == Array(#"{"total":6}"#.utf8))
        #expect(throws: DecodingError.self) { try handler.handle(Array("{}".utf8), SampleEvents.context) }
    }

    @Test func `an invocation without Lambda has what the handler replied, or how it failed`() throws {
        let handler = ClosureHandler { event, _ in
            guard event.isEmpty else { return event }
            throw Unhappy()
        }
        guard case .reply(let bytes) = LambdaInvocation(of: handler, [1], SampleEvents.context),
            case .functionError(let error) = LambdaInvocation(of: handler, [], SampleEvents.context)
        else {
            Issue.record("a reply and an error were expected")
            return
        }
        #expect(bytes == [1])
        #expect(try JSONParser.parse(error)["errorType"] == .string("Unhappy"))
    }
}
