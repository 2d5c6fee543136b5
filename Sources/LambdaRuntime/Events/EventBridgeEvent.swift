import JSON

/// An event of EventBridge: of a rule, of a schedule, or of anything that puts events on a bus.
public struct EventBridgeEvent: Sendable, Equatable {
    /// Of the event; the same if it is delivered again.
    public let id: String?
    /// What happened, such as `Scheduled Event`.
    public let detailType: String
    /// Who says so, such as `aws.events`.
    public let source: String
    /// The account that it comes from.
    public let account: String?
    /// RFC 3339, as it came.
    public let time: String?
    /// The region that it comes from.
    public let region: String?
    /// The ARNs of what it is about.
    public let resources: [String]
    /// JSON: what the source says beyond that.
    public let detail: [UInt8]

    /// Whether a schedule sent it: a rule with a rate, or EventBridge Scheduler without an input of one's own.
    public var isScheduled: Bool { detailType.hasSameBytes(as: "Scheduled Event") }

    /// - Throws: `LambdaEventError` for an event of any other kind.
    public init(_ event: [UInt8]) throws(LambdaEventError) { try self.init(EventReader(event)) }

    init(_ reader: EventReader) throws(LambdaEventError) {
        detailType = try reader.requiredString("detail-type")
        source = try reader.requiredString("source")
        id = try reader.string("id")
        account = try reader.string("account")
        time = try reader.string("time")
        region = try reader.string("region")
        resources = try reader.strings("resources") ?? []
        detail = reader.json("detail") ?? Array("null".utf8)
    }
}
