import JSON

/// An event of EventBridge: of a rule, of a schedule, or of anything that puts events on a bus.
public struct EventBridgeEvent: Sendable, Equatable {
    public let id: String?
    public let detailType: String
    public let source: String
    public let account: String?
    /// RFC 3339, as it came.
    public let time: String?
    public let region: String?
    public let resources: [String]
    /// JSON: what the source says beyond that.
    public let detail: [UInt8]

    /// Whether a schedule sent it: a rule with a rate, or EventBridge Scheduler without an input of one's own.
    public var isScheduled: Bool { detailType == "Scheduled Event" }

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
        detail = JSONWriter.bytes(of: reader["detail"] ?? .null)
    }
}
