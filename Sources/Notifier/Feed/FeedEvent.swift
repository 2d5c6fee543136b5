import JSON

/// One event as the feed has it.
struct FeedEvent: Sendable {
    /// What is delivered.
    struct Content: Sendable {
        let orderID: Int64
        let id: String
        let type: String
        /// The event's JSON, the same in each delivery.
        let body: [UInt8]
    }

    /// Why an event cannot be delivered. It is kept without a delivery, and the feed goes on.
    struct Refusal: Error {
        let reason: String
    }

    /// 64 KiB: what receivers can be expected to take.
    static let bytesMax = 64 * 1024
    private static let typeLength = 1...64

    /// Its number in the feed.
    let seq: Int64
    /// The number of the event before it: one less, unless the feed says otherwise.
    let previousSeq: Int64
    let content: Result<Content, Refusal>

    init(seq: Int64, previousSeq: Int64? = nil, content: Result<Content, Refusal>) {
        self.seq = seq
        self.previousSeq = previousSeq ?? seq - 1
        self.content = content
    }

    /// - Parameter event: the CloudEvent.
    init(seq: Int64, previousSeq: Int64? = nil, event: JSONValue?) {
        self.init(
            seq: seq, previousSeq: previousSeq, content: Result { () throws(Refusal) in try FeedEvent.content(event) })
    }

    private static func content(_ event: JSONValue?) throws(Refusal) -> Content {
        guard let event, case .object = event else { throw Refusal(reason: "The event is no object.") }
        guard let id = event["id"]?.string, isUUID(id) else { throw Refusal(reason: "The event's id is no UUID.") }
        guard let type = event["type"]?.string, typeLength ~= type.utf8.count,
            type.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw Refusal(reason: "The event's type is missing, or longer than 64 characters.") }
        guard let orderID = event["data"]?["order_id"]?.integer, orderID > 0 else {
            throw Refusal(reason: "The event does not name its order.")
        }
        let body = JSONWriter.bytes(of: event)
        guard body.count <= bytesMax else {
            throw Refusal(reason: "The event has \(body.count) bytes, more than \(bytesMax).")
        }
        return Content(orderID: orderID, id: id, type: type, body: body)
    }

    /// In lower case, as the columns hold it.
    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            if [8, 13, 18, 23].contains(index) { return byte == UInt8(ascii: "-") }
            return UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
        }
    }
}

/// What the feed answers: events in their order, and where to go on.
struct FeedPage: Sendable {
    /// Twice as deep as an event of ours may be: what is refused for its depth must not take the others of its page along.
    private static let depthMax = 2 * JSONParser.depthMax
    private static let positionLength = 1...128

    let events: [FeedEvent]
    let nextPosition: String
    let hasNext: Bool

    init(events: [FeedEvent], nextPosition: String, hasNext: Bool) {
        self.events = events
        self.nextPosition = nextPosition
        self.hasNext = hasNext
    }

    /// - Returns: nil for what is no page of the feed's contract.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONParser.parse(body, depthMax: FeedPage.depthMax), let entries = json["data"]?.array,
            let position = json["meta"]?["next_after"]?.string, let hasNext = json["meta"]?["has_next"]?.bool,
            FeedPage.positionLength ~= position.utf8.count, position.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        var events: [FeedEvent] = []
        events.reserveCapacity(entries.count)
        for entry in entries {
            guard let seq = entry["seq"]?.integer, seq > 0 else { return nil }
            events.append(FeedEvent(seq: seq, previousSeq: entry["previous_seq"]?.integer, event: entry["event"]))
        }
        self.init(events: events, nextPosition: position, hasNext: hasNext)
    }
}
