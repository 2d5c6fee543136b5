import BlockingTesting
import HTTPMessages
import HostileInput
import JSON
@testable import LambdaRuntime
import Testing

/// An event costs its length, wherever a text stands in it that Swift's own comparison of strings is slow with.
@Suite(.blocking) struct HostileEventTests {
    private static let marks = HostileText.marks(byteCount: 192 << 10)
    /// A single comparison of such a text takes longer, and an event without one takes milliseconds.
    private static let limit = Duration.seconds(4)

    @Test(arguments: SampleEvents.all.map(\.name))
    func `each text and each name of an event may be hostile`(name: String) throws {
        let sample = try #require(SampleEvents.all.first { $0.name == name })
        let event = try JSONParser.parse(Array(sample.text.utf8))
        let variants = HostileEventTests.variants(of: event)
        #expect(variants.count > 5)
        for variant in variants {
            let bytes = JSONWriter.bytes(of: variant.value)
            let time = ContinuousClock().measure { HostileEventTests.use(bytes) }
            #expect(time < HostileEventTests.limit, "\(variant.place): \(time)")
        }
    }

    @Test func `a message quotes no more than 64 characters, whatever a character is made of`() {
        let text = #"{"version":"\#(Self.marks)","requestContext":{"http":{"method":"GET"}},"rawPath":"/"}"#
        let error = #expect(throws: LambdaEventError.self) { try HTTPEvent(Array(text.utf8)) }
        #expect((error?.description.utf8.count ?? .max) < 300)
    }

    @Test func `an attribute under a name that SQS does not give is left out`() throws {
        let text = SampleEvents.queue.replacing(#""SentTimestamp":"#, with: #""\u00e9":"1","SentTimestamp":"#)
        let message = try #require(try SQSEvent(Array(text.utf8)).messages.first)
        #expect(message.attributes["SentTimestamp"] != nil)
        #expect(message.attributes["\u{E9}"] == nil)
    }

    /// Whatever a function does with an event.
    private static func use(_ bytes: [UInt8]) {
        guard let event = try? LambdaEvent(bytes) else { return }
        switch event {
        case .http(let event):
            _ = event.requestWithoutStage
            _ = event.request.headers["Content-Type"]
            _ = event.request.method == .get
            _ = event.reply(to: Response(.ok))
        case .queue(let event):
            for message in event.messages { _ = message.groupID }
            _ = event.reply(report: { _, _ in }, process: { _ in throw LambdaEventError.invalidBase64 })
        case .eventBridge(let event): _ = event.isScheduled
        case .direct: break
        }
    }

    /// The value with one text in it, or one name, replaced by the hostile one.
    private static func variants(of value: JSONValue) -> [(place: String, value: JSONValue)] {
        switch value {
        case .string: return [("", .string(marks))]
        case .array(let values):
            return values.indices.flatMap { index in
                variants(of: values[index]).map { variant in
                    var changed = values
                    changed[index] = variant.value
                    return ("[\(index)]\(variant.place)", .array(changed))
                }
            }
        case .object(let object):
            return object.members.indices.flatMap { index -> [(place: String, value: JSONValue)] in
                let member = object.members[index]
                let values = variants(of: member.value).map { (name: member.name, variant: $0) }
                let names = [(name: marks, variant: (place: " as a name", value: member.value))]
                return (values + names).map { name, variant in
                    var members = object.members
                    members[index] = (name, variant.value)
                    return (".\(member.name)\(variant.place)", .object(JSONObject(members)))
                }
            }
        case .null, .bool, .integer, .decimal: return []
        }
    }
}
