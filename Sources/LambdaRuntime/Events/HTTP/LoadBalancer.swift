import HTTPMessages
import JSON

/// The events of application load balancers, health checks included.
enum LoadBalancer {
    static func event(_ reader: EventReader) throws(LambdaEventError) -> HTTPEvent {
        let hasMultiValueHeaders = reader.has("multiValueHeaders")
        let request = Request(
            Method(rawValue: try reader.requiredString("httpMethod")),
            // The parameters come as the client wrote them.
            RequestTarget.text(
                path: try reader.requiredString("path"), query: try MultiValues.query(reader, escape: { $0 })),
            headers: try MultiValues.headers(reader), body: try EventBody(reader).bytes)
        // The load balancer puts the address that it saw last; those before it are the client's claims.
        let client = request.headers.values(of: "X-Forwarded-For").last
            .flatMap { HeaderFields.members(of: $0).last { !$0.isEmpty } }
        return HTTPEvent(
            .loadBalancer(hasMultiValueHeaders: hasMultiValueHeaders), request,
            sourceIP: client.map { String($0) }, requestID: nil, stage: nil, hasStageInPath: false)
    }

    /// A target group with multi-value headers reads `multiValueHeaders` only, any other `headers` only.
    static func reply(_ response: Response, hasMultiValueHeaders: Bool) -> [UInt8] {
        let fields = MultiValues.grouped(response.headers)
        let body = EventBody(response.body)
        return JSONWriter.object(reserving: body.replyBytesExpected) { writer in
            writer.member("statusCode", response.status.code)
            writer.member("statusDescription", "\(response.status.code) \(response.status.reason)")
            if hasMultiValueHeaders {
                writer.member(
                    "multiValueHeaders",
                    object: { writer in
                        for field in fields { writer.member(field.name, field.values) }
                    })
            } else {
                writer.member(
                    "headers",
                    object: { writer in
                        for field in fields { writeSingle(field, to: &writer) }
                    })
            }
            body.encode(to: &writer)
        }
    }

    /// Values are joined with commas; cookies cannot be (RFC 6265 section 3), so each gets another spelling of the name.
    private static func writeSingle(_ field: MultiValues.Field, to writer: inout JSONWriter) {
        guard HeaderFields.sameName(field.name, "Set-Cookie") else {
            writer.member(field.name, field.values.joined(separator: ", "))
            return
        }
        for (number, value) in field.values.enumerated() {
            writer.member(spelling(of: "set-cookie", number), value)
        }
    }

    /// Another choice of upper-case letters for each number; there are 2^9 for these letters.
    private static func spelling(of name: String, _ number: Int) -> String {
        var bits = number
        let letters = name.utf8.map { byte -> UInt8 in
            guard UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte else { return byte }
            defer { bits >>= 1 }
            return bits & 1 == 1 ? byte & 0xDF : byte
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
