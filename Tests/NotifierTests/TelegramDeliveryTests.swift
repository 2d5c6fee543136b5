import BlockingTesting
import Concurrency
import ConcurrencyTesting
import JSON
import MySQL
import ScriptedServer
import ServiceTesting
import SystemTesting
import Testing

@testable import Notifier

/// Messages to a server that behaves as Telegram's does for `sendMessage`.
@Suite(.blocking) struct TelegramDeliveryTests {
    private static let chat = #"{"channel":"telegram","chat_id":-100777,"language":"es"}"#

    @Test func `a message goes to the chat, and of the answer nothing is kept`() throws {
        let telegram = try TelegramServer()
        let harness = try ServiceHarness(telegram.settings)
        try harness.endpoint(body: Self.chat)
        try harness.endpoint(body: #"{"channel":"telegram","chat_id":"@orders"}"#)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        let messages = telegram.messages.value.sorted {
            $0.body["chat_id"] == .integer(-100_777) && $1.body["chat_id"] != .integer(-100_777)
        }
        #expect(
            messages.map(\.line) == Array(repeating: "POST /bot\(TelegramServer.token)/sendMessage HTTP/1.1", count: 2))
        #expect(messages.map { $0.body["chat_id"] } == [.integer(-100_777), .string("@orders")])
        #expect(
            messages[0].body["text"]
                == .string(
                    "El pedido 17 ha sido recibido.\n\n2 x SKU-CHAIR-01 (12,90): 25,80\n\nTotal: 25,80\nEstado: recibido\n"
                ))
        #expect(messages[1].body["text"]?.string?.hasPrefix("Order 17 has been received.") == true)
        #expect(messages[0].body["link_preview_options"]?["is_disabled"] == .bool(true))
        #expect(harness.attempts().outcomes == ["delivered 200"])
        let dump = try harness.dump()
        #expect(!dump.contains("Ana") && !dump.contains("message_id"))
    }

    @Test func `too many messages are sent again when Telegram says`() throws {
        let telegram = try TelegramServer { before in
            before == 0
                ? (
                    "429 Too Many Requests",
                    #"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 2","parameters":{"retry_after":2}}"#
                ) : TelegramServer.success
        }
        let harness = try ServiceHarness(telegram.settings)
        try harness.endpoint(body: Self.chat)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["refused 429", "delivered 200"])
        #expect(harness.attempts().replies.first == "Too Many Requests: retry after 2")
        let times = telegram.messages.value.map(\.at.uptimeNanoseconds)
        #expect(times.count == 2 && times[1] - times[0] >= 1_990_000_000)
    }

    @Test(arguments: [
        (
            "400 Bad Request", #"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
            "Bad Request: chat not found"
        ),
        (
            "403 Forbidden", #"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#,
            "Forbidden: bot was blocked by the user"
        ),
        (
            "400 Bad Request",
            #"{"ok":false,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-100999}}"#,
            "Bad Request: group chat was upgraded The chat is -100999 now."
        ),
    ])
    func `a chat that cannot be written to makes a delivery dead at once`(
        _ status: String, _ body: String, _ reason: String
    ) throws {
        let telegram = try TelegramServer { _ in (status, body) }
        let harness = try ServiceHarness(telegram.settings)
        let id = try harness.endpoint(body: Self.chat)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["rejected \(status.prefix(3))"])
        #expect(harness.attempts().replies == [reason])
        #expect(try harness.states() == ["DEAD"])
        #expect(harness.client.get("/admin/webhooks/find-one/\(id)").data["failing_since"]?.string != nil)
    }

    @Test(arguments: [
        ("500 Broken", #"{"ok":false,"description":"Internal Server Error"}"#, "refused 500"),
        ("502 Bad", "<html>", "refused 502"),
        ("401 Unauthorized", #"{"ok":false,"description":"Unauthorized"}"#, "refused 401"),
        ("403 Forbidden", "a proxy's page", "refused 403"), ("200 OK", "a proxy's page", "no-reply 200"),
        ("200 OK", #"{"ok":false}"#, "refused 200"), ("302 Found", "", "redirected 302"), ("", "", "no-reply"),
    ])
    func `what may pass, or is no answer of Telegram's, is sent again`(
        _ status: String, _ body: String, _ outcome: String
    ) throws {
        let telegram = try TelegramServer { before in before == 0 ? (status, body) : TelegramServer.success }
        let harness = try ServiceHarness(telegram.settings)
        try harness.endpoint(body: Self.chat)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == [outcome, "delivered 200"])
        #expect(harness.attempts().replies.first?.contains("proxy") == false)
    }

    @Test func `a server that says nothing is waited for ten seconds, and keeps nobody else waiting`() throws {
        let silent = try ScriptedServer { $0.waitForEnd() }
        defer { silent.stop() }
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness([
            "TELEGRAM_BOT_TOKEN": TelegramServer.token, "TELEGRAM_API_BASE": silent.url, "WEBHOOK_RETRY_SECONDS": "0",
        ])
        try harness.endpoint(body: Self.chat)
        try harness.endpoint(receiver.url)
        harness.start()
        try harness.take(try (1...3).map { try wholeEvent($0, order: 17) })
        #expect(receiver.wait(for: 3, withinMilliseconds: 5000))
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM attempts WHERE outcome <> 'delivered'")) == 1 })
        #expect(harness.attempts().outcomes == ["timed-out"])
        #expect(9000...11_500 ~= (try harness.count("SELECT MAX(duration_ms) FROM attempts")))
    }

    /// A server that repeats the URL in its answer, and one that is not there.
    @Test func `the token is stored and logged nowhere`() throws {
        let secret = "AAF-hidden_part"
        let telegram = try TelegramServer { _ in
            (
                "400 Bad Request",
                #"{"ok":false,"description":"\#(String(repeating: "x", count: 180))/bot123%3AAAF-hidden_part/sendMessage"}"#
            )
        }
        let feed = try ScriptedFeed()
        let harness = try ServiceHarness(telegram.settings.merging(["ORDERS_API_BASE": feed.url]) { $1 })
        try harness.endpoint(body: Self.chat)
        let environment = harness.environment.merging(["LOG_LEVEL": "debug"]) { $1 }
        let process = try ServiceProcess("Notifier", environment: environment)
        defer { process.end() }
        _ = try process.waitForPort()
        feed.add(wholeEventJSON(1, order: 17))
        #expect(comesTrue { (try? harness.states()) == ["DEAD"] })
        telegram.stop()
        feed.add(wholeEventJSON(2, order: 18))
        #expect(comesTrue { (try? harness.states()) == ["DEAD", "DEAD"] })
        #expect(harness.attempts(2).outcomes.allSatisfy { $0 == "unreachable" })
        #expect(TelegramServer.token.hasSuffix(secret))
        #expect(try !harness.dump().contains("AAF") && !process.text.contains("AAF"))
        #expect(!String(reflecting: try #require(TelegramToken(TelegramServer.token))).contains("AAF"))
    }

    @Test func `the events of an order keep their order in each channel, whatever the others do`() throws {
        let (mail, telegram) = (
            try RunningMail(),
            try TelegramServer { before in
                before % 3 == 0 ? ("500 Broken", "{}") : TelegramServer.success
            }
        )
        let receiver = try WebhookReceiver { _, before in before % 4 == 0 ? ("500 Broken", []) : ("200 OK", []) }
        let harness = try ServiceHarness(
            mail.settings.merging(telegram.settings) { $1 }.merging(["WEBHOOK_RETRY_SECONDS": "0,0,0,0,0,0,0,0"]) { $1 }
        )
        try harness.endpoint(receiver.url)
        try harness.endpoint(body: #"{"channel":"mail","to":"a@shop.example"}"#)
        try harness.endpoint(body: #"{"channel":"telegram","chat_id":5}"#)
        harness.start()
        let types = ["order.created", "order.confirmed", "order.canceled"]
        var events: [FeedEvent] = []
        for (step, type) in types.enumerated() {
            for order in 1...3 {
                events.append(try wholeEvent(Int64(step * 3 + order), order: Int64(order), type: type))
            }
        }
        try harness.take(events)
        try harness.waitUntilDelivered()
        let subjects = try (0..<9).map { _ in try mail.read()["headers"]?["subject"]?.string ?? "" }
        for order in 1...3 {
            let words = ["received", "confirmed", "canceled"]
            #expect(subjects.filter { $0.hasPrefix("Order \(order):") } == words.map { "Order \(order): \($0)" })
            let texts = telegram.messages.value.compactMap { $0.body["text"]?.string }.filter {
                $0.hasPrefix("Order \(order) ")
            }
            let told = texts.compactMap { text in words.firstIndex { text.contains(" been \($0)") } }
            #expect(told == told.sorted() && Set(told).count == 3, "\(texts)")
            let hooked = receiver.messages.value.filter { $0.text.contains(#""order_id":\#(order),"#) }.map(\.id)
            #expect(hooked == hooked.sorted() && Set(hooked).count == 3)
        }
        #expect(Set(try harness.states()) == ["DELIVERED"])
    }
}

/// A server that keeps what it is sent and answers as a test says.
final class TelegramServer: Sendable {
    struct Message: Sendable {
        let line: String
        let body: JSONValue
        let at: Deadline
    }

    static let token = "123:AAF-hidden_part"
    static let success = (
        "200 OK", #"{"ok":true,"result":{"message_id":9,"chat":{"id":5,"first_name":"Ana"},"text":"Order"}}"#
    )

    let messages = Observed<[Message]>([])
    private let server: ScriptedServer

    /// - Parameter answer: status and body for a message, given how many came before it; no status closes the connection.
    init(_ answer: @escaping @Sendable (Int) -> (String, String) = { _ in TelegramServer.success }) throws {
        let messages = messages
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let message = Message(
                    line: request.line, body: (try? JSONParser.parse(request.body)) ?? .null,
                    at: .after(milliseconds: 0))
                let before = Observed(0)
                messages.change { all in
                    before.change { $0 = all.count }
                    all.append(message)
                }
                let (status, body) = answer(before.value)
                guard !status.isEmpty, connection.reply(status, body: body) else { return }
            }
        }
    }

    deinit { server.stop() }

    var settings: [String: String] {
        ["TELEGRAM_BOT_TOKEN": TelegramServer.token, "TELEGRAM_API_BASE": server.url]
    }

    func stop() { server.stop() }
}
