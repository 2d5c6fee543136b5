package import HTTPMessages
import JSON

/// What a function replies to an event of payload format 2.0.
package struct APIGatewayV2Reply: Sendable, Equatable {
    package let statusCode: Int
    /// Fields of one name are joined with commas, and the cookies taken out.
    package let headers: [HeaderFields.Field]
    package let cookies: [String]
    package let body: EventBody

    package init(_ response: Response) {
        statusCode = response.status.code
        var headers: [HeaderFields.Field] = []
        headers.reserveCapacity(response.headers.fields.count)
        var cookies: [String] = []
        for field in response.headers.fields {
            if HeaderFields.sameName(field.name, "Set-Cookie") {
                cookies.append(field.value)
            } else {
                headers.join(field, separator: ", ")
            }
        }
        self.headers = headers
        self.cookies = cookies
        body = EventBody(response.body)
    }

    /// The response that API Gateway makes of the reply.
    package var response: Response {
        var fields = headers
        fields += cookies.map { HeaderFields.Field(name: "Set-Cookie", value: $0) }
        return Response(Status(statusCode), headers: HeaderFields(fields), body: body.bytes)
    }

    var json: [UInt8] {
        JSONWriter.object(reserving: body.replyBytesExpected) { writer in
            writer.member("statusCode", statusCode)
            writer.member(
                "headers",
                object: { writer in
                    for field in headers { writer.member(field.name, field.value) }
                })
            if !cookies.isEmpty { writer.member("cookies", cookies) }
            body.encode(to: &writer)
        }
    }
}
