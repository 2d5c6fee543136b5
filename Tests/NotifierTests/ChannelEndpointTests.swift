import BlockingTesting
import ContractReading
import HTTPMessages
import JSON
import JSONSchemas
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

/// Endpoints of mail and Telegram: what they are made of, and what they refuse.
@Suite(.blocking) struct ChannelEndpointTests {
    static let create = "/admin/webhooks/create-endpoint"
    static let settings = [
        "SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "orders@shop.example", "TELEGRAM_BOT_TOKEN": "123:secret-part",
        "TELEGRAM_API_BASE": "http://127.0.0.1:1",
    ]

    @Test func `an endpoint of each channel shows its own members, and has no secret unless it is a webhook`() throws {
        let harness = try ServiceHarness(Self.settings)
        let mail = harness.client.with(key: "m").post(
            Self.create, #"{"channel":"mail","to":"customer","language":"es","types":["order.confirmed"]}"#)
        #expect(mail.status == 201, "\(mail)")
        #expect(mail.data["channel"] == .string("mail") && mail.data["to"] == .string("customer"))
        #expect(mail.data["url"] == .null && mail.data["chat_id"] == .null && mail.data["secret"] == .null)
        #expect(mail.data["language"] == .string("es"))
        #expect(mail.data["types"] == .array([.string("order.confirmed")]))
        let fixed = harness.client.post(Self.create, #"{"channel":"mail","to":"Stock@shop.example"}"#)
        #expect(fixed.data["to"] == .string("Stock@shop.example") && fixed.data["language"] == .string("en"))
        let chat = harness.client.post(Self.create, #"{"channel":"telegram","chat_id":-1001234567890}"#)
        #expect(chat.data["chat_id"] == .integer(-1_001_234_567_890) && chat.data["to"] == .null, "\(chat)")
        let name = harness.client.post(Self.create, #"{"channel":"telegram","chat_id":"@orders_shop","language":"es"}"#)
        #expect(name.data["chat_id"] == .string("@orders_shop"), "\(name)")
        let webhook = harness.client.post(Self.create, #"{"channel":"webhook","url":"https://a.example"}"#)
        #expect(webhook.data["language"] == .null && webhook.data["secret"]?.string != nil, "\(webhook)")
        for made in [mail, fixed, chat, name] {
            let found = harness.client.get("/admin/webhooks/find-one/\(made.id)")
            #expect(found.status == 200 && found.headers["ETag"] == "\"1\"")
            for member in ["channel", "url", "to", "chat_id", "language"] {
                #expect(found.data[member] == made.data[member], "\(member)")
            }
        }
        #expect(harness.client.get("/admin/webhooks/find-all").ids.count == 5)
    }

    @Test func `what is answered of each channel is as the contract says, and so is what it asks for`() throws {
        let harness = try ServiceHarness(Self.settings)
        let operation = try #require(try OpenAPIContract("notifier").operation("createEndpoint"))
        let asked = try #require(operation.requestBody?.schema)
        let answered = try #require(operation.response(status: 201)?.body?.schema)
        for body in [
            #"{"url":"https://a.example"}"#, #"{"channel":"mail","to":"customer","language":"es"}"#,
            #"{"channel":"mail","to":"o'neil+x@a-b.example"}"#, #"{"channel":"telegram","chat_id":-5}"#,
            #"{"channel":"telegram","chat_id":"@abcd_9"}"#,
        ] {
            #expect(asked.violations(of: try JSONParser.parse(Array(body.utf8))) == [], "\(body)")
            let reply = harness.client.post(Self.create, body)
            #expect(reply.status == 201 && answered.violations(of: reply.json) == [], "\(reply)")
        }
        for body in [
            #"{"channel":"mail","url":"https://a.example"}"#, #"{"channel":"mail","to":"<a@b.example>"}"#,
            #"{"channel":"telegram","chat_id":"5"}"#, #"{"to":"customer"}"#,
        ] {
            #expect(asked.violations(of: try JSONParser.parse(Array(body.utf8))) != [], "\(body)")
            #expect(harness.client.post(Self.create, body).status == 422, "\(body)")
        }
    }

    @Test(arguments: [
        (#"{"channel":"mail"}"#, ["/to required"]), (#"{"channel":"telegram","chat_id":null}"#, ["/chat_id required"]),
        (#"{"channel":"mail","to":"ana"}"#, ["/to format"]), (#"{"channel":"mail","to":"Customer"}"#, ["/to format"]),
        (#"{"channel":"mail","to":"a@b.example\r\nBcc: x@y.example"}"#, ["/to control-character"]),
        (#"{"channel":"mail","to":"<a@b.example>"}"#, ["/to format"]),
        (#"{"channel":"mail","to":"a@b.example,c@d.example"}"#, ["/to format"]),
        (#"{"channel":"mail","to":7}"#, ["/to type"]),
        (#"{"channel":"mail","to":"a@b.example","url":"https://a.example"}"#, ["/url not-of-channel"]),
        (#"{"channel":"mail","to":"a@b.example","language":"fr"}"#, ["/language unknown-value"]),
        (#"{"channel":"telegram","chat_id":"123"}"#, ["/chat_id format"]),
        (#"{"channel":"telegram","chat_id":"@a/b"}"#, ["/chat_id format"]),
        (#"{"channel":"telegram","chat_id":"@9abcd"}"#, ["/chat_id format"]),
        (#"{"channel":"telegram","chat_id":9007199254740992}"#, ["/chat_id format"]),
        (#"{"channel":"telegram","chat_id":true}"#, ["/chat_id type"]),
        (#"{"channel":"telegram","chat_id":1,"to":"customer"}"#, ["/to not-of-channel"]),
        (
            #"{"url":"https://a.example","to":"customer","language":"en"}"#,
            ["/to not-of-channel", "/language not-of-channel"]
        ),
    ])
    func `what a channel does not have, or cannot take, is refused`(_ body: String, _ violations: [String]) throws {
        let harness = try ServiceHarness(Self.settings)
        let reply = harness.client.post(Self.create, body)
        #expect(reply.status == 422 && reply.violations == violations, "\(reply)")
    }

    @Test func `a channel without settings is refused, until it has some`() throws {
        let harness = try ServiceHarness()
        let client = harness.client.with(key: "k")
        let mail = #"{"channel":"mail","to":"customer"}"#
        for body in [mail, #"{"channel":"telegram","chat_id":1}"#] {
            let reply = client.post(Self.create, body)
            #expect(reply.status == 409 && reply.code == "channel-not-configured", "\(reply)")
        }
        let configured = try ServiceHarness(Self.settings, sharing: harness)
        let reply = configured.client.with(key: "k").post(Self.create, mail)
        #expect(reply.status == 201, "The key keeps no refusal of a setting's: \(reply)")
    }

    @Test func `a merge patch changes what the channel has`() throws {
        let harness = try ServiceHarness(Self.settings)
        let mail = "/admin/webhooks/update/\(try harness.endpoint(body: #"{"channel":"mail","to":"customer"}"#))"
        let changed = harness.client.patch(mail, #"{"to":"a@b.example","language":"es"}"#)
        #expect(changed.data["to"] == .string("a@b.example") && changed.data["language"] == .string("es"), "\(changed)")
        #expect(changed.headers["ETag"] == "\"2\"")
        #expect(harness.client.patch(mail, #"{"to":"a@b.example"}"#).headers["ETag"] == "\"2\"")
        let misplaced = harness.client.with(key: "k").patch(
            mail, #"{"url":"https://a.example","chat_id":1,"description":"x"}"#)
        #expect(misplaced.violations == ["/url not-of-channel", "/chat_id not-of-channel"], "\(misplaced)")
        #expect(harness.client.with(key: "k").patch(mail, #"{"description":"x"}"#).status == 200)
        #expect(harness.client.patch(mail, #"{"to":null}"#).violations == ["/to type"])
        let chat = "/admin/webhooks/update/\(try harness.endpoint(body: #"{"channel":"telegram","chat_id":5}"#))"
        #expect(harness.client.patch(chat, #"{"chat_id":"@abcd"}"#).data["chat_id"] == .string("@abcd"))
        #expect(harness.client.patch(chat, #"{"to":"customer"}"#).violations == ["/to not-of-channel"])
        let webhook = "/admin/webhooks/update/\(try harness.endpoint("https://a.example").id)"
        #expect(harness.client.patch(webhook, #"{"language":"es"}"#).violations == ["/language not-of-channel"])
    }

    @Test func `only webhooks have a secret to rotate, and a customer's mail nobody to test it`() throws {
        let harness = try ServiceHarness(Self.settings)
        let customers = try harness.endpoint(body: #"{"channel":"mail","to":"customer"}"#)
        let fixed = try harness.endpoint(body: #"{"channel":"mail","to":"a@b.example"}"#)
        let chat = try harness.endpoint(body: #"{"channel":"telegram","chat_id":5}"#)
        for id in [customers, fixed, chat] {
            let reply = harness.client.with(key: "r").post("/admin/webhooks/\(id)/rotate-secret")
            #expect(reply.status == 409 && reply.code == "channel-without-secret", "\(reply)")
        }
        let refused = harness.client.with(key: "t").post("/admin/webhooks/\(customers)/test")
        #expect(refused.status == 409 && refused.code == "test-without-recipient", "\(refused)")
        #expect(harness.client.with(key: "t").post("/admin/webhooks/\(customers)/test").isReplay)
        for id in [fixed, chat] { #expect(harness.client.post("/admin/webhooks/\(id)/test").status == 200) }
    }

    @Test func `an endpoint whose channel has lost its settings is sent nothing, and loses no attempt`() throws {
        let before = try ServiceHarness(Self.settings)
        let id = try before.endpoint(body: #"{"channel":"mail","to":"a@b.example"}"#)
        let receiver = try WebhookReceiver()
        try before.endpoint(receiver.url)
        let after = try ServiceHarness(sharing: before)
        after.start()
        try after.take([try wholeEvent(1, order: 5)])
        #expect(receiver.wait(for: 1))
        #expect(try after.states("endpoint_id = \(id)") == ["PENDING"])
        #expect(try after.count("SELECT SUM(attempt_count) FROM deliveries WHERE endpoint_id = \(id)") == 0)
    }

    @Test(arguments: [
        (["SMTP_URL": "smtp://127.0.0.1"], "MAIL_FROM"), (["MAIL_FROM": "a@b.example"], "SMTP_URL"),
        (["SMTP_URL": "http://127.0.0.1", "MAIL_FROM": "a@b.example"], "SMTP_URL"),
        (["SMTP_URL": "smtp://127.0.0.1", "MAIL_FROM": "nobody"], "MAIL_FROM"),
        (["TELEGRAM_BOT_TOKEN": "no colon"], "TELEGRAM_BOT_TOKEN"),
        (["TELEGRAM_BOT_TOKEN": "123:a/../b"], "TELEGRAM_BOT_TOKEN"),
        (["TELEGRAM_API_BASE": "ftp://a.example"], "TELEGRAM_API_BASE"),
    ])
    func `a setting that is wrong, or half of two, keeps the service from starting`(
        _ settings: [String: String], _ name: String
    ) throws {
        let error = #expect(throws: (any Error).self) { _ = try ServiceHarness(settings) }
        let text = String(describing: error)
        #expect(text.contains(name), "\(text)")
        #expect(!text.contains("a/../b"))
    }
}
