import JSON

/// A batch of messages of an SQS queue.
public struct SQSEvent: Sendable, Equatable {
    static let source = "aws:sqs"

    /// In the order in which they are to be worked off.
    public let messages: [SQSMessage]

    /// - Throws: `LambdaEventError` if one message cannot even be named: SQS then delivers the whole batch again.
    public init(_ event: [UInt8]) throws(LambdaEventError) { try self.init(EventReader(event)) }

    init(_ reader: EventReader) throws(LambdaEventError) {
        guard let records = try reader.readers("Records") else { throw .missing("Records") }
        var messages: [SQSMessage] = []
        messages.reserveCapacity(records.count)
        for record in records {
            if let source = try record.string("eventSource"), !source.hasSameBytes(as: SQSEvent.source) {
                throw .unexpectedSource(source, expected: "records of SQS")
            }
            messages.append(try SQSMessage(record))
        }
        self.messages = messages
    }

    /// Works off the messages in order, one after another, and replies which of them failed.
    ///
    /// A message whose `process` throws has failed. In a FIFO queue all later ones of its group then fail too, untried: SQS
    /// delivers them again after it, which keeps their order.
    ///
    /// - Parameters:
    ///   - mayStart: asked before each message; once it is false, that and all later messages fail untried.
    ///   - report: is told of every message that failed by itself, and why.
    ///   - process: works off one message.
    /// - Returns: the function's reply. SQS heeds it only if the event source mapping has `ReportBatchItemFailures`; without
    ///   that it takes every message for done.
    public func reply(
        mayStart: () -> Bool = { true }, report: (SQSMessage, any Error) -> Void,
        process: (SQSMessage) throws -> Void
    ) -> [UInt8] {
        var failedIDs: [String] = []
        var failedGroups: Set<TextKey> = []
        for message in messages {
            let isBlocked = message.orderedGroupID.map { failedGroups.contains(TextKey($0)) } ?? false
            var hasFailed = isBlocked || !mayStart()
            if !hasFailed {
                do { try process(message) } catch {
                    report(message, error)
                    hasFailed = true
                }
            }
            guard hasFailed else { continue }
            failedIDs.append(message.messageID)
            if let group = message.orderedGroupID { failedGroups.insert(TextKey(group)) }
        }
        return SQSEvent.reply(failed: failedIDs)
    }

    private static func reply(failed ids: [String]) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member(
                "batchItemFailures",
                array: { writer in
                    for id in ids { writer.object { $0.member("itemIdentifier", id) } }
                })
        }
    }
}
