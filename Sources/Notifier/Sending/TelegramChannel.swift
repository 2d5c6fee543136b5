import Concurrency
import CurlHTTPClient
import FaultPoints
import HTTPMessages
import JSON
import Telemetry

/// What Telegram knows the bot by. No description or dump of it shows it.
struct TelegramToken: Sendable, CustomStringConvertible, CustomReflectable {
    private static let byteCountMax = 128

    /// As it stands in a URL.
    let text: String

    /// - Parameter text: a number, a colon, and letters, digits, hyphens and underscores.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard text.utf8.count <= TelegramToken.byteCountMax, parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
            parts[0].allSatisfy({ 0x30...0x39 ~= $0 }),
            parts[1].allSatisfy({ HTTPSyntax.isUnreserved($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "~") })
        else { return nil }
        self.text = text
    }

    /// A text that somebody else wrote, without the token in it.
    func removed(from text: String) -> String {
        // The part after the colon is the secret, and a colon may be written in other ways.
        text.replacing(self.text.drop { $0 != ":" }.dropFirst(), with: "…")
    }

    var description: String { "TelegramToken" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What Telegram is reached by.
struct TelegramSettings: Sendable {
    let origin: Origin
    let token: TelegramToken
}

/// Delivers what an event tells by a message of a bot (https://core.telegram.org/bots/api#sendmessage).
///
/// The API has no key against repetitions: where its answer is lost, the message is sent again.
struct TelegramChannel: Sendable {
    /// 10 s for connection and reply.
    private static let timeoutMilliseconds = 10_000
    private static let connectMilliseconds = 5000
    /// 64 KiB: the answer repeats the message.
    private static let replyBytesMax = 64 * 1024
    /// 4,096 UTF-16 units, as Telegram counts.
    static let textUnitsMax = 4096

    private let settings: TelegramSettings
    private let transport: MeasuredTransport
    private let stop: StopToken

    /// - Parameter stop: ends what is being sent.
    init(_ settings: TelegramSettings, stop: StopToken, _ metrics: Metrics) {
        var configuration = CurlTransportConfiguration()
        configuration.connectTimeoutMilliseconds = TelegramChannel.connectMilliseconds
        configuration.attemptTimeoutMilliseconds = TelegramChannel.timeoutMilliseconds
        configuration.replyBytesMax = TelegramChannel.replyBytesMax
        configuration.stop = stop
        transport = MeasuredTransport(CurlTransport(configuration: configuration), "telegram", metrics)
        self.settings = settings
        self.stop = stop
    }

    /// Sends once. Blocks the thread, for 10 s at most.
    func send(_ event: OutgoingEvent, to chat: TelegramChat, _ language: MessageLanguage) -> SendResult {
        let text = TelegramChannel.bounded(language.templates.text(OrderNotice(event: event.body)))
        let body = JSONWriter.object { writer in
            writer.member("chat_id", chat)
            writer.member("text", text)
            // A name that looks like a host's must not have Telegram show its page.
            writer.member("link_preview_options", object: { $0.member("is_disabled", true) })
        }
        let request = Request(
            .post, "/bot\(settings.token.text)/sendMessage", headers: ["Content-Type": "application/json"], body: body)
        faultPoint("telegram.before-send")
        defer { faultPoint("telegram.after-send") }
        do throws(TransportError) {
            let response = try transport.send(
                request, to: settings.origin, by: .after(milliseconds: TelegramChannel.timeoutMilliseconds))
            return result(response)
        } catch {
            return SendResult(error, stop: stop)
        }
    }

    /// What is kept of an answer is why it refused, and nothing else of it: it tells who is in the chat, and may repeat the URL.
    private func result(_ response: Response) -> SendResult {
        let status = response.status.code
        let answer = TelegramAnswer(response.body, without: settings.token)
        let retryAfter = answer?.retryAfterSeconds ?? RetryAfter.seconds(response)
        switch (status, answer) {
        case (200, let answer?) where answer.isOK: return SendResult(outcome: .delivered, status: status)
        // The chat is not there, or the bot may not write to it.
        case (400, let answer?), (403, let answer?): return SendResult(.rejected, status: status, answer.reason)
        case (300..<400, _): return SendResult(.redirected, status: status, "")
        // A token that is wrong is 401 or 404, which is the operator's to mend, as what has another form is.
        case (_, let answer?):
            return SendResult(.refused, status: status, answer.reason, retryAfterSeconds: retryAfter)
        case (200..<300, nil): return SendResult(.noReply, status: status, "The answer is none of Telegram's.")
        case (_, nil):
            return SendResult(
                .refused, status: status, "The answer is none of Telegram's.", retryAfterSeconds: retryAfter)
        }
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf16.count > textUnitsMax else { return text }
        var (bounded, count) = ("", 1)
        for character in text {
            count += character.utf16.count
            if count > textUnitsMax { break }
            bounded.append(character)
        }
        return bounded + "…"
    }
}

/// What the API answers, success or not.
private struct TelegramAnswer {
    private static let reasonLengthMax = 200

    let isOK: Bool
    let retryAfterSeconds: Int?
    /// Telegram's own words, such as `Forbidden: bot was blocked by the user`.
    let reason: String

    /// - Returns: nil for what is no answer of the API's.
    init?(_ body: [UInt8], without token: TelegramToken) {
        guard let json = try? JSONParser.parse(body), let isOK = json["ok"]?.bool else { return nil }
        self.isOK = isOK
        let parameters = json["parameters"]
        retryAfterSeconds = parameters?["retry_after"]?.integer.map { Int($0) }
        let description = token.removed(from: json["description"]?.string ?? "").prefix(TelegramAnswer.reasonLengthMax)
        // A group that became larger has another number from then on.
        let moved = parameters?["migrate_to_chat_id"]?.integer.map { " The chat is \($0) now." }
        reason = String(description) + (moved ?? "")
    }
}
