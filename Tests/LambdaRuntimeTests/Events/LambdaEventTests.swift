import BlockingTesting
import HTTPMessages
import JSON
@testable import LambdaRuntime
import SeededRandom
import Testing

@Suite(.blocking) struct LambdaEventTests {
    @Test(arguments: SampleEvents.all.map(\.name))
    func `an event is known by its shape`(name: String) throws {
        let sample = try #require(SampleEvents.all.first { $0.name == name })
        #expect(try LambdaEvent.Kind(EventReader(Array(sample.text.utf8))) == sample.kind)
    }

    @Test(arguments: [
        ("{}", LambdaEvent.Kind.direct), (#"{"customer_id":1,"items":[]}"#, .direct), (#"{"Records":[]}"#, .queue),
        (#"{"Records":[{"eventSource":"aws:s3"}]}"#, .otherRecords),
        (#"{"Records":[{"EventSource":"aws:sns"}]}"#, .otherRecords),
        (#"{"Records":1}"#, .direct), (#"{"requestContext":{}}"#, .direct), (#"{"requestContext":1}"#, .direct),
        (#"{"source":"a","detail-type":"b"}"#, .eventBridge), (#"{"source":"a"}"#, .direct),
    ])
    func `what has no other shape was sent directly`(text: String, kind: LambdaEvent.Kind) throws {
        #expect(try LambdaEvent.Kind(EventReader(Array(text.utf8))) == kind)
    }

    @Test func `a direct event stays as it came`() throws {
        let text = Array(#" {"b":1, "a":[2.50]} "#.utf8)
        guard case .direct(let bytes) = try LambdaEvent(text) else { throw LambdaEventError.missing("direct") }
        #expect(bytes == text)
    }

    @Test func `records of another service are refused by its name`() {
        let error = #expect(throws: LambdaEventError.self) {
            try LambdaEvent(Array(#"{"Records":[{"eventSource":"aws:s3"}]}"#.utf8))
        }
        #expect(error?.description == "The event is of aws:s3; this function takes records of SQS.")
    }

    @Test func `a schedule's event says so, whatever sent it`() throws {
        for text in [SampleEvents.schedule, SampleEvents.scheduler] {
            let event = try EventBridgeEvent(Array(text.utf8))
            #expect(event.isScheduled)
            #expect(event.account == "123456789012")
            #expect(event.resources.count == 1)
        }
        let event = try EventBridgeEvent(Array(SampleEvents.ec2.utf8))
        #expect(!event.isScheduled)
        #expect(event.source == "aws.ec2")
        #expect(event.time == "2021-11-11T21:29:54Z")
        #expect(event.region == "us-east-1")
        #expect(event.id == "7bf73129-1428-4cd3-a780-95db273d1602")
        #expect(
            event.detail == Array(#"{"instance-id":"i-abcd1111","state":"pending","deep":[1,2.50,{"a":null}]}"#.utf8))
    }

    @Test(arguments: SampleEvents.all.map(\.name))
    func `a member of any wrong kind, at any place, is read or refused with a reason`(name: String) throws {
        let sample = try #require(SampleEvents.all.first { $0.name == name })
        let root = try JSONParser.parse(Array(sample.text.utf8))
        var refused = 0
        for path in paths(root) {
            for other: JSONValue? in [
                nil, .null, .bool(true), .integer(-1), .decimal("1.5"), .string(""), .string("\u{0}ü"), .array([]),
                .array([.integer(1)]), .object(JSONObject()), .object(JSONObject([("", .array([.null]))])),
            ] {
                let changed = JSONWriter.bytes(of: root.replacing(path[...], with: other))
                do throws(LambdaEventError) {
                    if case .http(let event) = try LambdaEvent(changed) { _ = event.requestWithoutStage }
                } catch {
                    #expect(error.description.hasSuffix("."))
                    refused += 1
                }
            }
        }
        #expect(refused > 10)
    }

    @Test func `bytes that were damaged on the way are read or refused, and nothing else`() {
        var random = SeededRandom("damaged events")
        for _ in 0..<3000 {
            guard let sample = SampleEvents.all.randomElement(using: &random) else { return }
            var bytes = Array(sample.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            _ = try? LambdaEvent(bytes)
        }
    }

    @Test func `deep nesting is refused`() {
        for text in [
            String(repeating: "[", count: 1_000_000), String(repeating: #"{"a":"#, count: 200_000),
            #"{"detail-type":"a","source":"b","detail":"# + String(repeating: "[", count: 200)
                + String(repeating: "]", count: 200) + "}",
        ] {
            #expect(throws: LambdaEventError.self) { try LambdaEvent(Array(text.utf8)) }
        }
    }

    @Test func `an event as large as Lambda takes is read, as text and as base64`() throws {
        let text = String(repeating: "AAAA", count: 1_500_000)
        for (flag, count) in [("false", 6_000_000), ("true", 4_500_000)] {
            let event =
                #"{"rawPath":"/","requestContext":{"http":{"method":"PUT"}},"isBase64Encoded":\#(flag),"body":"\#(text)"}"#
            #expect(try HTTPEvent(Array(event.utf8)).request.body.count == count)
        }
    }

    private func paths(_ value: JSONValue) -> [[String]] {
        switch value {
        case .object(let object): object.members.flatMap { name, value in [[name]] + paths(value).map { [name] + $0 } }
        case .array(let values):
            values.enumerated().flatMap { index, value in [[String(index)]] + paths(value).map { [String(index)] + $0 }
            }
        case .null, .bool, .integer, .decimal, .string: []
        }
    }
}

extension JSONValue {
    /// This value with another one at `path`, or without it.
    func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        switch self {
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.compactMap { member in
                        guard member.name == name else { return member }
                        if rest.isEmpty { return value.map { (name, $0) } }
                        return (name, member.value.replacing(rest, with: value))
                    }))
        case .array(let values):
            return .array(
                values.enumerated().compactMap { index, element in
                    guard String(index) == name else { return element }
                    return rest.isEmpty ? value : element.replacing(rest, with: value)
                })
        case .null, .bool, .integer, .decimal, .string: return self
        }
    }
}
