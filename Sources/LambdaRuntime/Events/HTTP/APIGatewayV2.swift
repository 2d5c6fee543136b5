public import HTTPMessages

/// The events of API Gateway's HTTP APIs and of function URLs, payload format version 2.0.
public enum APIGatewayV2 {
    /// The HTTP request that `event` stands for.
    ///
    /// Members that API Gateway leaves out at times, such as `headers`, `cookies`, `rawQueryString` and `body`, may be
    /// absent or null.
    public static func request(from event: [UInt8]) throws(LambdaEventError) -> HTTPEvent {
        HTTPEvent(try APIGatewayV2Event(EventReader(event)), .httpAPI)
    }

    /// The event that stands for `response`.
    ///
    /// A body that is UTF-8 goes as text, any other as base64. Fields of one name are joined with commas (RFC 9110 section
    /// 5.2), except `Set-Cookie`, which has a member of its own.
    public static func event(from response: Response) -> [UInt8] { APIGatewayV2Reply(response).json }
}

extension HTTPEvent {
    package init(_ event: APIGatewayV2Event, _ source: HTTPEventSource) {
        var headers = event.headers
        if !event.cookies.isEmpty { headers.append("Cookie", event.cookies.joined(separator: "; ")) }
        self.init(
            source,
            Request(
                Method(rawValue: event.method), RequestTarget.text(path: event.rawPath, query: event.rawQueryString),
                headers: headers, body: event.body.bytes),
            sourceIP: event.sourceIP, requestID: event.requestID, stage: event.stage, hasStageInPath: true)
    }
}
