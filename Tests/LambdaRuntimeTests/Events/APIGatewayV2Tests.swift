import BlockingTesting
import HTTPMessages
import JSON
import LambdaRuntime
import Testing

@Suite(.blocking) struct APIGatewayV2Tests {
    private func invocation(_ text: String) throws -> HTTPEvent {
        try APIGatewayV2.request(from: Array(text.utf8))
    }

    private func event(method: String = "GET", _ members: String) -> String {
        "{\"version\":\"2.0\",\"requestContext\":{\"http\":{\"method\":\"\(method)\",\"path\":\"/p\"}}\(members)}"
    }

    private func json(_ response: Response) throws -> JSONValue {
        try JSONParser.parse(APIGatewayV2.event(from: response))
    }

    @Test func `an event as API Gateway sends it becomes a request`() throws {
        let invocation = try invocation(
            """
            {"version":"2.0","routeKey":"$default","rawPath":"/orchestrator/create-and-confirm-order",
             "rawQueryString":"a=1&a=%202","cookies":["one=1","two=2"],
             "headers":{"content-type":"application/json","x-list":"a,b","x-idempotency-key":"k"},
             "queryStringParameters":{"a":"1, 2"},
             "requestContext":{"accountId":"1","apiId":"api","domainName":"api.example.com",
               "http":{"method":"POST","path":"/orchestrator/create-and-confirm-order","protocol":"HTTP/1.1",
                       "sourceIp":"203.0.113.7","userAgent":"agent"},
               "requestId":"gw-1","routeKey":"$default","stage":"$default","timeEpoch":1583348638390},
             "body":"{\\"customer_id\\":1}","isBase64Encoded":false}
            """)
        let request = invocation.request
        #expect(request.method == .post)
        #expect(request.target == "/orchestrator/create-and-confirm-order?a=1&a=%202")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["X-List"] == "a,b")
        #expect(request.headers["Cookie"] == "one=1; two=2")
        #expect(request.body == Array("{\"customer_id\":1}".utf8))
        #expect(invocation.sourceIP == "203.0.113.7")
        #expect(invocation.requestID == "gw-1")
        #expect(invocation.stage == "$default")
    }

    @Test func `everything that may be missing may be missing, or null`() throws {
        for members in [
            "", ",\"rawPath\":null,\"rawQueryString\":null,\"headers\":null,\"cookies\":null,\"body\":null",
        ] {
            let request = try invocation(event(members)).request
            #expect(request.method == .get)
            #expect(request.target == "/p")
            #expect(request.headers.fields.isEmpty)
            #expect(request.body.isEmpty)
        }
    }

    @Test func `a base64 body is decoded`() throws {
        let request = try invocation(event(",\"body\":\"AP/+\",\"isBase64Encoded\":true")).request
        #expect(request.body == [0x00, 0xFF, 0xFE])
    }

    @Test func `a base64 body may have its slashes escaped, as JSON allows`() throws {
        let request = try invocation(event(",\"body\":\"AP\\/+\",\"isBase64Encoded\":true")).request
        #expect(request.body == [0x00, 0xFF, 0xFE])
    }

    @Test(arguments: ["A", "AP/", "AP-_", "AP/+=", "AB==", "====", "A P/+"])
    func `a body that is not the base64 it says it is is refused`(body: String) {
        #expect(throws: LambdaEventError.invalidBase64) {
            try invocation(event(",\"body\":\"\(body)\",\"isBase64Encoded\":true"))
        }
    }

    @Test(arguments: [
        ("/a b", "", "/a%20b"), ("/a?b", "x=1", "/a%3Fb?x=1"), ("/a%2Fb", "", "/a%2Fb"), ("", "", "/"),
        ("orders", "", "/orders"), ("/ü#", "q=ü#", "/%C3%BC%23?q=%C3%BC%23"), ("/a\\r\\nX: 1", "", "/a%0D%0AX:%201"),
    ])
    func `a path that API Gateway has decoded cannot leave its place`(path: String, query: String, target: String)
        throws
    {
        let request = try invocation(event(",\"rawPath\":\"\(path)\",\"rawQueryString\":\"\(query)\"")).request
        #expect(request.target == target)
    }

    @Test func `what is no event of this form is refused with a reason`() {
        #expect(throws: LambdaEventError.self) { try invocation("not JSON") }
        #expect(throws: LambdaEventError.self) { try invocation("") }
        #expect(throws: LambdaEventError.unexpectedKind("text", expected: "an object")) { try invocation("[]") }
        #expect(throws: LambdaEventError.missing("requestContext.http.method")) { try invocation("{}") }
        #expect(throws: LambdaEventError.missing("rawPath")) {
            try invocation("{\"requestContext\":{\"http\":{\"method\":\"GET\"}}}")
        }
        #expect(throws: LambdaEventError.unsupportedVersion("1.0")) {
            try invocation("{\"version\":\"1.0\",\"httpMethod\":\"GET\",\"path\":\"/\"}")
        }
        #expect(throws: LambdaEventError.unexpectedKind("headers", expected: "an object")) {
            try invocation(event(",\"headers\":[]"))
        }
        #expect(throws: LambdaEventError.unexpectedKind("headers.a", expected: "a string")) {
            try invocation(event(",\"headers\":{\"a\":1}"))
        }
        #expect(throws: LambdaEventError.unexpectedKind("cookies", expected: "an array of strings")) {
            try invocation(event(",\"cookies\":[1]"))
        }
    }

    @Test func `a text response goes as text`() throws {
        let event = try json(
            Response(
                .created,
                headers: ["Content-Type": "application/json", "Set-Cookie": "a=1", "Link": "</1>", "link": "</2>"],
                body: Array("{\"ü\":\"\\n\"}".utf8)))
        #expect(event["statusCode"]?.integer == 201)
        #expect(event["headers"]?.object?.members.map(\.name) == ["Content-Type", "Link"])
        #expect(event["headers"]?["Link"]?.string == "</1>, </2>")
        #expect(event["cookies"]?.array == [.string("a=1")])
        #expect(event["body"]?.string == "{\"ü\":\"\\n\"}")
        #expect(event["isBase64Encoded"]?.bool == false)
    }

    @Test func `any other response goes as base64`() throws {
        let event = try json(Response(.ok, body: [0x00, 0xFF, 0xFE]))
        #expect(event["body"]?.string == "AP/+")
        #expect(event["isBase64Encoded"]?.bool == true)
    }

    @Test func `an empty response has an empty body`() throws {
        let event = try json(Response(.noContent))
        #expect(event["body"]?.string == "")
        #expect(event["isBase64Encoded"]?.bool == false)
        #expect(event["cookies"] == nil)
    }
}
