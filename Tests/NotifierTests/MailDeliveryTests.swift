import BlockingTesting
import Concurrency
import ConcurrencyTesting
import JSON
import MySQL
import PythonPrograms
import ServiceTesting
import Testing

@testable import Notifier

/// Mail by a real server.
@Suite(.blocking) struct MailDeliveryTests {
    @Test func `an event arrives by mail, with the event's time and an id of its own`() throws {
        let mail = try RunningMail()
        let harness = try ServiceHarness(mail.settings)
        let id = try harness.endpoint(body: #"{"channel":"mail","to":"stock@shop.example","language":"es"}"#)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        let message = try mail.read()
        #expect(message["recipients"] == .array([.string("stock@shop.example")]))
        #expect(message["sender"] == .string("orders@shop.example"))
        #expect(message["headers"]?["subject"] == .string("Pedido 17: recibido"))
        #expect(message["headers"]?["message-id"] == .string("<\(eventID(1)).\(id)@shop.example>"))
        #expect(message["headers"]?["date"] == .string("Sun, 29 Nov 2026 20:31:12 +0000"))
        #expect(
            message["text"]
                == .string(
                    "El pedido 17 ha sido recibido.\n\n2 x SKU-CHAIR-01 (12,90): 25,80\n\nTotal: 25,80\nEstado: recibido\n"
                ))
        #expect(harness.attempts().outcomes == ["delivered"])
        #expect(try harness.states() == ["DELIVERED"])
    }

    @Test func `a greylisted message is sent again, and a refused one is dead at once`() throws {
        let mail = try RunningMail()
        let harness = try ServiceHarness(mail.settings)
        try harness.endpoint(body: #"{"channel":"mail","to":"greylisted-once@shop.example"}"#)
        let unknown = try harness.endpoint(body: #"{"channel":"mail","to":"unknown@shop.example"}"#)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts(1).outcomes == ["refused 450", "delivered"])
        #expect(
            harness.attempts(1).replies.first
                == "The mail was not taken now: 450 4.2.0 Greylisted, come back in five minutes.")
        #expect(harness.attempts(2).outcomes == ["rejected 550"])
        #expect(harness.attempts(2).replies == ["The mail was refused: 550 5.1.1 No such user here."])
        #expect(try harness.states() == ["DELIVERED", "DEAD"])
        let endpoint = harness.client.get("/admin/webhooks/find-one/\(unknown)")
        #expect(endpoint.data["failing_since"]?.string != nil, "A mailbox that is not there is the endpoint's fault.")
    }

    /// The server takes the message, and says nothing.
    @Test func `a message of which nobody knows whether it was taken is sent again under the same id`() throws {
        let mail = try RunningMail()
        let harness = try ServiceHarness(mail.settings)
        try harness.endpoint(body: #"{"channel":"mail","to":"hang-once@shop.example"}"#)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17), try wholeEvent(2, order: 17, type: "order.confirmed")])
        try harness.waitUntilDelivered(withinMilliseconds: 60_000)
        #expect(harness.attempts(1).outcomes == ["no-reply", "delivered"])
        let ids = try (0..<3).map { _ in try mail.read()["headers"]?["message-id"]?.string }
        #expect(ids == ([1, 1, 2] as [Int64]).map { "<\(eventID($0)).1@shop.example>" })
    }

    @Test func `a server that is not there is asked again`() throws {
        let harness = try ServiceHarness(ChannelEndpointTests.settings)
        try harness.endpoint(body: #"{"channel":"mail","to":"a@shop.example"}"#)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["unreachable", "unreachable", "unreachable"])
        #expect(try harness.states() == ["DEAD"])
    }

    @Test func `a test message arrives`() throws {
        let mail = try RunningMail()
        let harness = try ServiceHarness(mail.settings)
        let id = try harness.endpoint(body: #"{"channel":"mail","to":"a@shop.example"}"#)
        harness.start()
        #expect(harness.client.post("/admin/webhooks/\(id)/test").status == 200)
        try harness.waitUntilDelivered()
        #expect(try mail.read()["headers"]?["subject"] == .string("Test of notifications"))
    }
}

/// aiosmtpd on a port of its own.
final class RunningMail: Sendable {
    private let server: PythonProgram
    let settings: [String: String]

    init() throws {
        server = try PythonProgram("mail-server.py")
        settings = ["SMTP_URL": "smtp://127.0.0.1:\(try server.readLine())", "MAIL_FROM": "orders@shop.example"]
    }

    deinit { server.end() }

    /// The next message that was taken.
    func read() throws -> JSONValue { try JSONParser.parse(Array(server.readLine().utf8)) }
}
