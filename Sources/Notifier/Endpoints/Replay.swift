import Digests
import JSON
import Telemetry

/// Which events an endpoint is to be sent again.
struct NewReplay: Sendable {
    let fromSeq: Int64
    let toSeq: Int64?
    let types: [EventType]?
    let onlyFailed: Bool
    /// The replay that this call goes on with; nil for a new one.
    let replay: Int64?
}

/// What one call of a replay has queued.
struct Replay: JSONEncodable, Sendable {
    /// 1,000 events that one call looks at: a transaction of some 50 ms.
    static let eventsMax = 1000

    let id: Int64
    let endpointID: Int64
    let queuedCount: Int
    /// Where the next call has to go on; nil when all events have been looked at.
    let nextFromSeq: Int64?

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("endpoint_id", endpointID)
            writer.member("queued_count", queuedCount)
            writer.member("next_from_seq", nextFromSeq)
        }
    }
}

/// An event that somebody asked for to see whether an endpoint hears.
struct TestEvent {
    static let type = "webhook.test"

    let id: String
    let endpointID: Int64
    let now: Timestamp

    init(endpointID: Int64, at now: Timestamp) {
        self.endpointID = endpointID
        self.now = now
        id = TestEvent.uuid(randomBytes(count: 16))
    }

    /// A CloudEvent like those of the feed.
    var body: [UInt8] {
        JSONWriter.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", id)
            writer.member("source", "/notifier")
            writer.member("type", TestEvent.type)
            writer.member("subject", "webhooks/\(endpointID)")
            writer.member("time", now.rfc3339)
            writer.member("datacontenttype", "application/json")
            writer.member("data", object: { $0.member("endpoint_id", endpointID) })
        }
    }

    /// Version 4 (RFC 9562 section 5.4).
    private static func uuid(_ random: [UInt8]) -> String {
        var bytes = random
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Hex.encode(bytes)
        var text = ""
        for (index, character) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(character)
        }
        return text
    }
}
