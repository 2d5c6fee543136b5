import Concurrency
import CurlHTTPClient
import FaultPoints
import HTTPMessages
import JSON
import OutboundAddresses
import Telemetry
import WebhookSignatures

/// Delivers by POST to a URL that somebody else chose.
struct WebhookChannel: Sendable {
    /// 10 s for connection and reply.
    private static let timeoutMilliseconds = 10_000

    private let transport: OutboundTransport
    private let durations: DependencyDurations
    private let rule: OutboundAddressRule
    private let stop: StopToken
    private let spans: SpanSink?

    /// - Parameters:
    ///   - stop: ends what is being sent.
    ///   - spans: takes a span of each message, part of its event's trace; nil for nobody.
    init(rule: OutboundAddressRule, stop: StopToken, _ metrics: Metrics, spans: SpanSink?) {
        self.spans = spans
        var configuration = OutboundTransportConfiguration()
        configuration.stop = stop
        transport = OutboundTransport(rule: rule, configuration: configuration)
        durations = DependencyDurations("webhooks", metrics)
        self.rule = rule
        self.stop = stop
    }

    /// Sends once. Blocks the thread, for 10 s at most.
    func send(_ event: OutgoingEvent, to url: String, endpointID: Int64, secrets: [SigningSecret]) -> SendResult {
        let judged: WebhookURL
        // Judged again: the rule may have become narrower since the endpoint was made.
        do throws(WebhookURLError) { judged = try WebhookURL(url, rule: rule) } catch {
            return SendResult(.addressNotAllowed, "The URL \(error.message).")
        }
        var headers = WebhookSignature.headers(
            messageID: event.id, timestampSeconds: event.timestampSeconds, body: event.body, secrets: secrets)
        headers["Content-Type"] = "application/cloudevents+json"
        let span = span(of: event)
        if let span { headers["traceparent"] = span.context.traceparent }
        let result = send(event, headers, to: judged, endpointID: endpointID)
        span?.end(judged, result)
        return result
    }

    /// A part of the trace in which the event was written.
    private func span(of event: OutgoingEvent) -> RunningSpan? {
        guard let spans, let traceparent = (try? JSONParser.parse(event.body))?["traceparent"]?.string,
            let trace = TraceContext(child: traceparent)
        else { return nil }
        return Tracer(trace, spans)?.own(startUptimeNanoseconds: Deadline.nowUptimeNanoseconds())
    }

    private func send(
        _ event: OutgoingEvent, _ headers: HeaderFields, to judged: WebhookURL, endpointID: Int64
    ) -> SendResult {
        faultPoint("webhooks.before-send")
        defer { faultPoint("webhooks.after-send") }
        do throws(TransportError) {
            let response = try durations.measure(.post) { () throws(TransportError) in
                try transport.post(
                    event.body, headers: headers, to: judged, endpointID: endpointID,
                    by: .after(milliseconds: WebhookChannel.timeoutMilliseconds))
            }
            return SendResult(
                outcome: WebhookChannel.outcome(response.status), status: response.status.code,
                reply: Array(response.body.prefix(Attempt.replyBytesMax)),
                retryAfterSeconds: RetryAfter.seconds(response))
        } catch {
            return SendResult(error, stop: stop)
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
}

extension RunningSpan {
    /// Ends the span of a message. The URL's path and query are the receiver's, and may be what lets in there: they are in no span.
    fileprivate func end(_ url: WebhookURL, _ result: SendResult) {
        var attributes: [Span.Attribute] = [
            ("http.request.method", .text("POST")), ("server.address", .text(url.host)),
            ("server.port", .number(url.port)),
        ]
        if let status = result.status { attributes.append(("http.response.status_code", .number(status))) }
        end(
            "POST", .client, attributes,
            errorType: result.outcome == .delivered ? nil : result.status.map(String.init) ?? "no_reply")
    }
}

extension SendResult {
    /// Of a request without a reply.
    init(_ error: TransportError, stop: StopToken) {
        self.init(stop.isStopRequested ? .interrupted : AttemptOutcome(error), error.message)
    }
}

extension AttemptOutcome {
    fileprivate init(_ error: TransportError) {
        self =
            switch error {
            case .addressRefused: .addressNotAllowed
            case .deadlineExceeded: .timedOut
            case .notSent, .tooManyCallers, .circuitOpen, .invalidRequest: .unreachable
            case .maybeSent, .replyTooLarge: .noReply
            }
    }
}
