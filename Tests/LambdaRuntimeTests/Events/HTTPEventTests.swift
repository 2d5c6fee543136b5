import BlockingTesting
import HTTPMessages
import JSON
import LambdaRuntime
import Testing

@Suite(.blocking) struct HTTPEventTests {
    private func event(_ text: String) throws -> HTTPEvent { try HTTPEvent(Array(text.utf8)) }

    private func reply(_ text: String, _ response: Response) throws -> JSONValue {
        try JSONParser.parse(event(text).reply(to: response))
    }

    private let response = Response(
        .created,
        headers: [
            "Content-Type": "text/plain", "Set-Cookie": "a=1", "set-cookie": "b=2", "Link": "</1>", "link": "</2>",
        ],
        body: Array("ü".utf8))

    @Test func `a REST API's event has all values, its parameters encoded again`() throws {
        let event = try event(SampleEvents.restAPI)
        #expect(event.source == .restAPI)
        #expect(event.request.method == .post)
        #expect(event.request.target == "/orders/1?name=a%20b%26c&id=1&id=2")
        #expect(event.request.headers.values(of: "x-list") == ["a", "b"])
        #expect(event.request.headers.values(of: "cookie") == ["a=1; b=2"])
        #expect(event.request.body == Array("{\"test\":\"body\"}".utf8))
        #expect(event.sourceIP == "127.0.0.1")
        #expect(event.requestID == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
        #expect(event.stage == "prod")
        #expect(event.requestWithoutStage.target == event.request.target)
    }

    @Test func `a REST API's reply has several values where there are several`() throws {
        let reply = try reply(SampleEvents.restAPI, response)
        #expect(reply["statusCode"] == .integer(201))
        #expect(reply["headers"] == .object(JSONObject([("Content-Type", .string("text/plain"))])))
        #expect(reply["multiValueHeaders"]?["Set-Cookie"] == .array([.string("a=1"), .string("b=2")]))
        #expect(reply["multiValueHeaders"]?["Link"] == .array([.string("</1>"), .string("</2>")]))
        #expect(reply["body"] == .string("ü"))
        #expect(reply["isBase64Encoded"] == .bool(false))
        #expect(try self.reply(SampleEvents.restAPI, Response(.ok))["multiValueHeaders"] == nil)
    }

    @Test func `an event of a console's test, with nothing but nulls, is read`() throws {
        let event = try event(
            """
            {"path":"/","httpMethod":"GET","headers":null,"multiValueHeaders":null,"queryStringParameters":null,
             "multiValueQueryStringParameters":null,"requestContext":{"identity":null,"stage":null},"body":null,
             "isBase64Encoded":false}
            """)
        #expect(event.request.target == "/")
        #expect(event.request.headers.fields.isEmpty)
        #expect(event.request.body.isEmpty)
        #expect(event.sourceIP == nil)
    }

    @Test func `a name with escapes is the name, and one that only begins or ends like it is another`() throws {
        let event = try event(
            #"""
            {"pathx":"/x","pat":"/x","\u0070a\u0074h\u0301":"/x","p\u+061th":"/x","\u0070a\u0074\u0068":"/a","path":"/b",
             "htt\u0070Method":"GET","requestContext":{}}
            """#)
        #expect(event.request.target == "/a")
    }

    @Test func `single values count where there are no multiple ones`() throws {
        let event = try event(
            """
            {"path":"/p","httpMethod":"GET","headers":{"A":"1","B":null},"queryStringParameters":{"q":"ä=","r":""},
             "requestContext":{"stage":"prod"}}
            """)
        #expect(event.request.headers == ["A": "1"])
        #expect(event.request.target == "/p?q=%C3%A4%3D&r=")
    }

    @Test func `a function URL's event is told from an HTTP API's by its domain`() throws {
        let url = try event(SampleEvents.functionURL)
        #expect(url.source == .functionURL)
        #expect(url.request.target == "/my/path?a=1")
        #expect(url.request.headers["Cookie"] == "c=1")
        #expect(url.sourceIP == "123.123.123.123")
        let api = try event(SampleEvents.httpAPI)
        #expect(api.source == .httpAPI)
        #expect(api.request.target == "/prod/my/path?a=1&a=%202&b")
        #expect(api.requestWithoutStage.target == "/my/path?a=1&a=%202&b")
        let reply = try reply(SampleEvents.functionURL, response)
        #expect(reply["cookies"] == .array([.string("a=1"), .string("b=2")]))
        #expect(reply["headers"]?["Link"] == .string("</1>, </2>"))
    }

    @Test(arguments: [
        ("prod", "/prod/a", "/a"), ("prod", "/prod", "/"), ("prod", "/prod?x=/y", "/?x=/y"),
        ("prod", "/product/a", "/product/a"),
        ("prod", "/a/prod", "/a/prod"), ("prod", "/prod/prod/a", "/prod/a"), ("$default", "/$default/a", "/$default/a"),
        ("prüf", "/a", "/a"), ("", "/a", "/a"), ("p", "/p/ü?ü", "/%C3%BC?%C3%BC"),
    ])
    func `the stage's name is taken off the path once`(stage: String, target: String, expected: String) throws {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let event = try event(
            """
            {"rawPath":"\(parts[0])","rawQueryString":"\(parts.dropFirst().first ?? "")",
             "requestContext":{"stage":"\(stage)","http":{"method":"GET"}}}
            """)
        #expect(event.requestWithoutStage.target == expected)
    }

    @Test func `a path that begins like the stage stays whole where the event says that the stage is not in it`() throws
    {
        let text = #"{"path":"/orders/1","httpMethod":"GET","requestContext":{"stage":"orders","path":"PATH"}}"#
        let apart = try event(text.replacing("PATH", with: "/orders/orders/1"))
        #expect(apart.requestWithoutStage.target == "/orders/1")
        let within = try event(text.replacing("PATH", with: "/orders/1"))
        #expect(within.requestWithoutStage.target == "/1")
    }

    @Test func `a load balancer's parameters stay as the client wrote them`() throws {
        let event = try event(SampleEvents.loadBalancer)
        #expect(event.source == .loadBalancer(hasMultiValueHeaders: false))
        #expect(event.request.target == "/a%20b?query=1%202&other=a+b")
        #expect(event.request.headers["Cookie"] == "a=1; b=2")
        #expect(event.sourceIP == "72.12.164.125")
        #expect(event.stage == nil)
        let multiple = try self.event(SampleEvents.loadBalancerMultiValue)
        #expect(multiple.source == .loadBalancer(hasMultiValueHeaders: true))
        #expect(multiple.request.target == "/?id=1&id=2")
        #expect(multiple.request.headers.values(of: "Cookie") == ["a=1", "b=2"])
        #expect(multiple.request.body == [0x00, 0xFF, 0xFE])
    }

    @Test func `a load balancer's reply has the form of its event`() throws {
        let single = try reply(SampleEvents.loadBalancer, response)
        #expect(single["statusCode"] == .integer(201))
        #expect(single["statusDescription"] == .string("201 Created"))
        #expect(single["headers"]?["Link"] == .string("</1>, </2>"))
        #expect(single["multiValueHeaders"] == nil)
        let cookies = single["headers"]?.object?.members.filter { $0.name.lowercased() == "set-cookie" } ?? []
        #expect(cookies.map(\.value) == [.string("a=1"), .string("b=2")])
        #expect(Set(cookies.map(\.name)).count == 2)
        let multiple = try reply(SampleEvents.loadBalancerMultiValue, response)
        #expect(multiple["headers"] == nil)
        #expect(multiple["multiValueHeaders"]?["Content-Type"] == .array([.string("text/plain")]))
        #expect(multiple["multiValueHeaders"]?["Set-Cookie"] == .array([.string("a=1"), .string("b=2")]))
        #expect(multiple["isBase64Encoded"] == .bool(false))
    }

    @Test func `a health check is a request like any other`() throws {
        let event = try event(SampleEvents.healthCheck)
        #expect(event.request.method == .get)
        #expect(event.request.target == "/health")
        let reply = try reply(SampleEvents.healthCheck, Response(.ok))
        #expect(reply["statusDescription"] == .string("200 OK"))
        #expect(reply["body"] == .string(""))
    }

    @Test(arguments: [SampleEvents.restAPI, SampleEvents.httpAPI, SampleEvents.functionURL, SampleEvents.loadBalancer])
    func `bytes that are no text leave every source as base64`(text: String) throws {
        let reply = try reply(text, Response(.ok, body: [0x00, 0xFF, 0xFE]))
        #expect(reply["body"] == .string("AP/+"))
        #expect(reply["isBase64Encoded"] == .bool(true))
    }

    @Test func `what is no HTTP event is refused by what it is`() {
        for (text, message) in [
            (SampleEvents.queue, "The event is of SQS; this function takes HTTP requests."),
            (SampleEvents.schedule, "The event is of EventBridge; this function takes HTTP requests."),
            ("{\"a\":1}", "The event has no requestContext."),
            ("{\"path\":\"/\",\"requestContext\":{},\"httpMethod\":1}", "The event's httpMethod is not a string."),
            ("{\"httpMethod\":\"GET\",\"requestContext\":{}}", "The event has no path."),
        ] {
            let error = #expect(throws: LambdaEventError.self) { try event(text) }
            #expect(error?.description == message)
        }
    }
}
