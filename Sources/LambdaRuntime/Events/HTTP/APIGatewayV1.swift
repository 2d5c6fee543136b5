import HTTPMessages
import JSON

/// The events of API Gateway's REST APIs, and of HTTP APIs set to payload format version 1.0.
enum APIGatewayV1 {
    static func event(_ reader: EventReader) throws(LambdaEventError) -> HTTPEvent {
        let context = try reader.reader("requestContext", at: "requestContext.")
        let path = try reader.requiredString("path")
        let fullPath = try context?.string("path")
        let identity = try context?.reader("identity", at: "requestContext.identity.")
        let request = Request(
            Method(rawValue: try reader.requiredString("httpMethod")),
            // API Gateway has decoded the parameters.
            RequestTarget.text(path: path, query: try MultiValues.query(reader, escape: PercentEncoding.encode)),
            headers: try MultiValues.headers(reader), body: try EventBody(reader).bytes)
        return HTTPEvent(
            .restAPI, request, sourceIP: try identity?.string("sourceIp"),
            requestID: try context?.string("requestId"), stage: try context?.string("stage"),
            // A REST API leaves the stage out of `path` only.
            hasStageInPath: fullPath?.hasSameBytes(as: path) ?? true)
    }

    /// `headers` for fields that occur once, `multiValueHeaders` for the others: API Gateway merges the two.
    static func reply(_ response: Response) -> [UInt8] {
        let fields = MultiValues.grouped(response.headers)
        let body = EventBody(response.body)
        return JSONWriter.object(reserving: body.replyBytesExpected) { writer in
            writer.member("statusCode", response.status.code)
            writer.member(
                "headers",
                object: { writer in
                    for field in fields where field.values.count == 1 { writer.member(field.name, field.values[0]) }
                })
            if fields.contains(where: { $0.values.count > 1 }) {
                writer.member(
                    "multiValueHeaders",
                    object: { writer in
                        for field in fields where field.values.count > 1 { writer.member(field.name, field.values) }
                    })
            }
            body.encode(to: &writer)
        }
    }
}
