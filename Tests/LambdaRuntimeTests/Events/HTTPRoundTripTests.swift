import BlockingTesting
import HTTPMessages
import JSON
@testable import LambdaRuntime
import SeededRandom
import Testing

/// What goes in at one end comes out at the other, whatever it is.
@Suite(.blocking) struct HTTPRoundTripTests {
    private var random: SeededRandom

    init() { random = SeededRandom("HTTP events") }

    private mutating func text(_ alphabet: [Character], _ count: ClosedRange<Int>) -> String {
        String((0..<Int.random(in: count, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
    }

    private mutating func body() -> [UInt8] {
        // Some are longer than what is written at a stroke.
        let count = Int.random(in: 0...(Int.random(in: 0..<20, using: &random) == 0 ? 5000 : 40), using: &random)
        if Bool.random(using: &random) { return Array(text(Array("abcd\"\\\u{1}ü€😀\n"), 0...count).utf8) }
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private mutating func request() -> Request {
        let path = "/" + text(Array("ab/%41-.~"), 0...12).replacing("%", with: "%2")
        var target = path
        if Bool.random(using: &random) { target += "?" + text(Array("ab=&+%"), 1...12).replacing("%", with: "%20") }
        var request = Request(Method(rawValue: text(Array("GETPUX"), 1...6)), target, body: body())
        for number in 0..<Int.random(in: 0...5, using: &random) {
            request.headers.append("x-\(number)", text(Array("abc, ;ü"), 0...10))
        }
        if Bool.random(using: &random) { request.headers.append("Cookie", "a=1; b=\(text(Array("xyz"), 0...3))") }
        return request
    }

    @Test mutating func `a request becomes an event, as a value and as JSON, and the same request again`() throws {
        for _ in 0..<500 {
            let request = request()
            let event = APIGatewayV2Event(request, sourceIP: "192.0.2.1")
            let parsed = try APIGatewayV2Event(EventReader(json(event)))
            #expect(parsed == event)
            let result = HTTPEvent(parsed, .httpAPI).request
            #expect(result.method == request.method)
            #expect(result.target == request.target)
            #expect(result.headers == request.headers)
            #expect(result.body == request.body)
        }
    }

    @Test mutating func `a response becomes a reply and the same response again`() throws {
        for _ in 0..<500 {
            var response = Response(Status(Int.random(in: 200...599, using: &random)), body: body())
            for number in 0..<Int.random(in: 0...4, using: &random) {
                response.headers.append("X-\(number)", text(Array("abc, ;\"ü"), 0...10))
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                response.headers.append("Set-Cookie", text(Array("abc=;, "), 1...10))
            }
            let result = APIGatewayV2Reply(response).response
            #expect(result.status == response.status)
            #expect(result.headers == response.headers)
            #expect(result.body == response.body)
        }
    }

    @Test mutating func `parameters come through a REST API, which decodes them`() throws {
        for _ in 0..<300 {
            let values = (0..<3).map { _ in text(Array("aü&=%+ ?#/😀"), 0...8) }
            let event = JSONWriter.object { writer in
                writer.member("httpMethod", "GET")
                writer.member("path", "/")
                writer.member("requestContext", object: { _ in })
                writer.member("multiValueQueryStringParameters", object: { $0.member("q ü", values) })
            }
            let query = try #require(try HTTPEvent(event).request.query)
            let decoded = query.split(separator: "&").map { part -> String? in
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                #expect(PercentEncoding.decode(pair[0]) == "q ü")
                return PercentEncoding.decode(pair[1], plusIsBlank: true)
            }
            #expect(decoded == values)
        }
    }

    private func json(_ event: APIGatewayV2Event) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("version", "2.0")
            writer.member("rawPath", event.rawPath)
            writer.member("rawQueryString", event.rawQueryString)
            writer.member("cookies", event.cookies)
            writer.member(
                "headers", object: { for field in event.headers.fields { $0.member(field.name, field.value) } })
            writer.member(
                "requestContext",
                object: { writer in
                    writer.member("stage", event.stage)
                    writer.member(
                        "http",
                        object: { writer in
                            writer.member("method", event.method)
                            writer.member("sourceIp", event.sourceIP)
                        })
                })
            event.body.encode(to: &writer)
        }
    }
}
