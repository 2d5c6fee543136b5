import Digests

/// One message of an SQS queue.
public struct SQSMessage: Sendable, Equatable {
    /// An attribute that the sender gave it.
    public struct Attribute: Sendable, Equatable {
        /// `String`, `Number` or `Binary`, perhaps with a suffix of the sender's.
        public let dataType: String
        /// Of a string or a number.
        public let stringValue: String?
        /// Of an attribute of type `Binary`.
        public let binaryValue: [UInt8]?
    }

    /// By which the message is named in the reply.
    public let messageID: String
    /// By which this delivery of it could be deleted; the event source mapping does that.
    public let receiptHandle: String?
    /// What the sender sent, as text.
    public let body: String
    /// What SQS says of it, such as `SentTimestamp`, all as text.
    public let attributes: [String: String]
    /// What the sender said of it, by name.
    public let messageAttributes: [String: Attribute]
    /// The queue.
    public let eventSourceARN: String?

    /// The group that the sender put it in.
    public var groupID: String? { attributes["MessageGroupId"] }

    /// The group whose messages are to be worked off in order: in queues that are not FIFO, groups are there for fairness only.
    var orderedGroupID: String? { eventSourceARN?.utf8.suffix(5).elementsEqual(".fifo".utf8) ?? true ? groupID : nil }

    /// How often it has been received, this time included; nil where SQS does not say.
    public var receiveCount: Int? { attributes["ApproximateReceiveCount"].flatMap { Int($0) } }

    init(_ reader: EventReader) throws(LambdaEventError) {
        messageID = try reader.requiredString("messageId")
        body = try reader.requiredString("body")
        receiptHandle = try reader.string("receiptHandle")
        eventSourceARN = try reader.string("eventSourceARN")
        attributes = Dictionary(
            try reader.stringMembers("attributes")?.filter { SQSMessage.isName($0.name) }
                .map { ($0.name, $0.value) } ?? [],
            uniquingKeysWith: { first, _ in first })
        var messageAttributes: [String: Attribute] = [:]
        for member in try reader.readerMembers("messageAttributes") where SQSMessage.isName(member.name) {
            messageAttributes[member.name] = try Attribute(member.value)
        }
        self.messageAttributes = messageAttributes
    }

    /// Whether SQS can have given an attribute this name: its names are ASCII. Others are left out; a dictionary of `String`s
    /// takes quadratic time to hash them.
    private static func isName(_ name: String) -> Bool { name.utf8.allSatisfy { $0 < 0x80 } }
}

extension SQSMessage.Attribute {
    init(_ reader: EventReader) throws(LambdaEventError) {
        dataType = try reader.requiredString("dataType")
        stringValue = try reader.string("stringValue")
        binaryValue = try reader.string("binaryValue").map { (text) throws(LambdaEventError) in
            guard let bytes = Base64.decode(text) else { throw .invalidBase64 }
            return bytes
        }
    }
}
