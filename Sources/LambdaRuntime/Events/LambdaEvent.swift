import JSON

/// An event of any kind that this package reads.
public enum LambdaEvent: Sendable {
    case http(HTTPEvent)
    case queue(SQSEvent)
    case eventBridge(EventBridgeEvent)
    /// Whatever JSON somebody invoked the function with, as it came.
    case direct([UInt8])

    /// What an event is, by its shape: none says so itself.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// API Gateway's REST APIs, and HTTP APIs set to payload format 1.0.
        case restAPI
        /// API Gateway's HTTP APIs, payload format 2.0.
        case httpAPI
        case functionURL
        case loadBalancer
        case queue
        case eventBridge
        /// Records of another service, such as S3 or DynamoDB.
        case otherRecords
        case direct
    }

    /// - Throws: `LambdaEventError` for what is not JSON, and for an event that lacks what its kind always has.
    public init(_ event: [UInt8]) throws(LambdaEventError) {
        let reader = try EventReader(event)
        let kind = Kind(reader)
        switch kind {
        case .restAPI, .httpAPI, .functionURL, .loadBalancer: self = .http(try HTTPEvent(reader, kind))
        case .queue: self = .queue(try SQSEvent(reader))
        case .eventBridge: self = .eventBridge(try EventBridgeEvent(reader))
        case .otherRecords:
            throw .unexpectedSource(Kind.source(ofRecords: reader) ?? "an unknown source", expected: "records of SQS")
        case .direct: self = .direct(event)
        }
    }
}

extension LambdaEvent.Kind {
    /// Members of a kind that no event has make it a direct one, whose handler then says what it lacks.
    init(_ reader: EventReader) {
        if let context = try? reader.reader("requestContext", at: "requestContext.") {
            self = LambdaEvent.Kind.http(context, reader)
        } else if let records = try? reader.readers("Records") {
            let source = LambdaEvent.Kind.source(ofRecords: reader)
            self = records.isEmpty || source?.hasSameBytes(as: SQSEvent.source) ?? false ? .queue : .otherRecords
        } else if (try? reader.string("detail-type")) != nil, (try? reader.string("source")) != nil {
            self = .eventBridge
        } else {
            self = .direct
        }
    }

    static func source(ofRecords reader: EventReader) -> String? {
        // S3 writes eventSource, SNS EventSource.
        let record = try? reader.readers("Records")?.first
        return (try? record?.string("eventSource")) ?? (try? record?.string("EventSource"))
    }

    private static func http(_ context: EventReader, _ reader: EventReader) -> LambdaEvent.Kind {
        if context.has("elb") { return .loadBalancer }
        if context.has("http") {
            // id.lambda-url.region.on.aws
            let rest = (try? context.string("domainName"))?.utf8.drop { $0 != UInt8(ascii: ".") }
            return rest?.starts(with: ".lambda-url.".utf8) ?? false ? .functionURL : .httpAPI
        }
        return reader.has("httpMethod") ? .restAPI : .direct
    }
}
