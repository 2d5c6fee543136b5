import Concurrency
import CurlHTTPClient
import FaultPoints
import HTTPMessages
import OutboundAddresses
import WebhookSignatures

/// Delivers by POST to a URL that somebody else chose.
struct WebhookChannel: DeliveryChannel {
    /// 10 s for connection and reply.
    static let timeoutMilliseconds = 10_000

    private let transport: OutboundTransport
    private let rule: OutboundAddressRule

    init(transport: OutboundTransport, rule: OutboundAddressRule) {
        self.transport = transport
        self.rule = rule
    }

    func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult {
        let url: WebhookURL
        // Judged again: the rule may have become narrower since the endpoint was made.
        do throws(WebhookURLError) { url = try WebhookURL(target.url, rule: rule) } catch {
            return WebhookChannel.failed(.addressNotAllowed, "The URL \(error.message).")
        }
        var headers = WebhookSignature.headers(
            messageID: event.id, timestampSeconds: event.timestampSeconds, body: event.body, secrets: target.secrets)
        headers["Content-Type"] = "application/cloudevents+json"
        faultPoint("webhooks.before-send")
        defer { faultPoint("webhooks.after-send") }
        do throws(TransportError) {
            let response = try transport.post(
                event.body, headers: headers, to: url, endpointID: target.endpointID,
                by: .after(milliseconds: WebhookChannel.timeoutMilliseconds))
            return SendResult(
                outcome: WebhookChannel.outcome(response.status), status: response.status.code,
                reply: Array(response.body.prefix(Attempt.replyBytesMax)),
                retryAfterSeconds: RetryAfter.seconds(response))
        } catch {
            return WebhookChannel.failed(WebhookChannel.outcome(error), error.message)
        }
    }

    private static func outcome(_ status: Status) -> AttemptOutcome {
        switch status.code {
        case 200..<300: .delivered
        case 300..<400: .redirected
        case 410: .gone
        default: .refused
        }
    }

    private static func outcome(_ error: TransportError) -> AttemptOutcome {
        switch error {
        case .addressRefused: .addressNotAllowed
        case .deadlineExceeded: .timedOut
        case .notSent, .tooManyCallers, .invalidRequest: .unreachable
        case .maybeSent, .replyTooLarge: .noReply
        }
    }

    private static func failed(_ outcome: AttemptOutcome, _ reason: String) -> SendResult {
        SendResult(outcome: outcome, reply: Array(reason.utf8.prefix(Attempt.replyBytesMax)))
    }
}
