import Concurrency
import CurlHTTPClient
import CustomerLookup
import Mail
import OutboundAddresses
import Telemetry
import WebApplication
import WebService

/// Delivers to each endpoint by its channel.
struct ChannelDirectory: DeliveryChannel {
    private let webhook: WebhookChannel
    /// Nil where there are no settings for it.
    private let mail: MailChannel?
    private let telegram: TelegramChannel?
    let checks: [HealthCheck]

    /// - Parameters:
    ///   - stop: ends what is being sent.
    ///   - spans: takes a span of each webhook; nil for nobody.
    init(_ config: NotifierConfig, stop: StopToken, _ logger: Logger, _ metrics: Metrics, spans: SpanSink?) {
        let rule = OutboundAddressRule(allowed: config.allowedNetworks)
        webhook = WebhookChannel(rule: rule, stop: stop, metrics, spans: spans)
        if let settings = config.mail {
            var configuration = CurlTransportConfiguration(config.tls)
            configuration.stop = stop
            let transport = CurlTransport(configuration: configuration)
            let customers = CustomersClient(
                config.customers, token: config.service.tokens.sent, transport: transport, logger, metrics)
            mail = MailChannel(settings, customers: customers, stop: stop, logger)
            // Webhooks and Telegram go on without it.
            checks = [
                DependencyProbe(
                    "customers-api", "The Customers API", transport, config.customers.origin, customers.guards, logger
                ).check(decidesReadiness: false)
            ]
        } else {
            mail = nil
            checks = []
        }
        telegram = config.telegram.map { TelegramChannel($0, stop: stop, metrics) }
    }

    func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult {
        switch target.target {
        case .webhook(let url):
            return webhook.send(event, to: url, endpointID: target.endpointID, secrets: target.secrets)
        case .mail(let recipient, let language):
            guard let mail else { break }
            return mail.send(event, to: recipient, language, endpointID: target.endpointID)
        case .telegram(let chat, let language):
            guard let telegram else { break }
            return telegram.send(event, to: chat, language)
        }
        // The dispatcher claims nothing for such a channel.
        return SendResult(.unreachable, "The service has no settings for the channel.")
    }
}
