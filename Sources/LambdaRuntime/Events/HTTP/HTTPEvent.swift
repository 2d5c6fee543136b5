public import HTTPMessages
import JSON

/// The ways by which an HTTP request reaches a function. Each has its own form of event, and of reply.
public enum HTTPEventSource: Sendable, Hashable {
    /// API Gateway's REST APIs, and HTTP APIs set to payload format 1.0.
    case restAPI
    /// API Gateway's HTTP APIs, payload format 2.0.
    case httpAPI
    case functionURL
    /// An application load balancer; whether its target group has multi-value headers enabled.
    case loadBalancer(hasMultiValueHeaders: Bool)
}

/// An HTTP request as one of Lambda's HTTP sources hands it on.
public struct HTTPEvent: Sendable {
    /// Which way it came.
    public let source: HTTPEventSource
    /// As the client sent it, as far as the source tells; the path may begin with the name of a stage.
    public let request: Request
    /// The address of the client that the source saw.
    public let sourceIP: String?
    /// The source's own id of the request, not Lambda's.
    public let requestID: String?
    /// `$default`, or the name that paths of this API start with; load balancers have none.
    public let stage: String?
    /// Whether the path begins with the stage's name, if the source says so.
    let hasStageInPath: Bool

    /// Reads an event of any HTTP source.
    ///
    /// Members that AWS leaves out at times may be absent or null.
    public init(_ event: [UInt8]) throws(LambdaEventError) {
        let reader = try EventReader(event)
        try self.init(reader, LambdaEvent.Kind(reader))
    }

    init(_ reader: EventReader, _ kind: LambdaEvent.Kind) throws(LambdaEventError) {
        switch kind {
        case .restAPI: self = try APIGatewayV1.event(reader)
        case .httpAPI: self = HTTPEvent(try APIGatewayV2Event(reader), .httpAPI)
        case .functionURL: self = HTTPEvent(try APIGatewayV2Event(reader), .functionURL)
        case .loadBalancer: self = try LoadBalancer.event(reader)
        case .queue: throw .unexpectedSource("SQS", expected: "HTTP requests")
        case .eventBridge: throw .unexpectedSource("EventBridge", expected: "HTTP requests")
        case .otherRecords: throw .unexpectedSource("another service", expected: "HTTP requests")
        case .direct: throw .missing("requestContext")
        }
    }

    init(
        _ source: HTTPEventSource, _ request: Request, sourceIP: String?, requestID: String?, stage: String?,
        hasStageInPath: Bool
    ) {
        self.source = source
        self.request = request
        self.sourceIP = sourceIP
        self.requestID = requestID
        self.stage = stage
        self.hasStageInPath = hasStageInPath
    }

    /// The request with the name of the stage, which API Gateway puts before the paths of any stage but `$default`, taken
    /// off.
    public var requestWithoutStage: Request {
        guard hasStageInPath, let stage, !stage.hasSameBytes(as: "$default"), !stage.isEmpty else { return request }
        let path = request.path.utf8
        let rest = request.target.utf8.dropFirst(stage.utf8.count + 1)
        guard path.starts(with: "/\(stage)".utf8),
            path.count == stage.utf8.count + 1 || rest.first == UInt8(ascii: "/")
        else { return request }
        var request = request
        request.target = (rest.first == UInt8(ascii: "/") ? "" : "/") + String(Substring(rest))
        return request
    }

    /// The reply to this event that stands for `response`, in the form that its source reads.
    ///
    /// A body that is UTF-8 goes as text, any other as base64.
    public func reply(to response: Response) -> [UInt8] {
        switch source {
        case .restAPI: APIGatewayV1.reply(response)
        case .httpAPI, .functionURL: APIGatewayV2Reply(response).json
        case .loadBalancer(let hasMultiValueHeaders):
            LoadBalancer.reply(response, hasMultiValueHeaders: hasMultiValueHeaders)
        }
    }
}
