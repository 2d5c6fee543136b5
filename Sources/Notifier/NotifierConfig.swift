import AMQP
import CurlHTTPClient
import CustomerLookup
import DatabaseWebService
import Digests
import Mail
import MySQL
import OutboundAddresses
import Settings
import WebService
import WebhookSignatures

/// Everything that can be set, read once when the process starts.
struct NotifierConfig {
    let service: ServiceSettings
    let database: DatabaseConfiguration
    let storage: StorageSettings
    let orders: Origin
    /// Nil where the feed is waited at.
    let broker: AMQPConfiguration?
    let secrets: EndpointSecrets
    let schedule: RetrySchedule
    let threadsMax: Int
    let retentionDays: Int
    let allowedNetworks: [IPNetwork]
    /// For `show-webhooks`.
    let shownSecret: SigningSecret?
    /// For calls to the Orders API and the Customers API.
    let tls: ServiceTLS
    /// For the addresses of mail to customers.
    let customers: CustomersClientSettings
    /// Nil where no mail is sent.
    let mail: MailSettings?
    /// Nil where nothing is sent to Telegram.
    let telegram: TelegramSettings?

    /// The channels that there are settings for.
    var channels: Set<Endpoint.Channel> {
        var channels: Set<Endpoint.Channel> = [.webhook]
        if mail != nil { channels.insert(.mail) }
        if telegram != nil { channels.insert(.telegram) }
        return channels
    }

    /// - Throws: `ConfigurationError` with every mistake.
    init(_ reader: inout EnvironmentReader) throws(ConfigurationError) {
        service = ServiceSettings(&reader, portDefault: 3003)
        database = DatabaseConfiguration(&reader, nameDefault: "notifier")
        storage = StorageSettings(&reader, tokens: service.tokens)
        let orders = reader.origin("ORDERS_API_BASE", default: "http://127.0.0.1:3002", "Where the Orders API is.")
        broker = reader.broker(connectionName: "notifier")
        let secrets = NotifierConfig.secrets(&reader)
        let schedule = NotifierConfig.schedule(&reader)
        threadsMax = reader.integer(
            "DELIVERY_THREADS_MAX", default: 16, in: 1...64,
            "Deliveries that are sent at once, and a quarter as many more to endpoints that fail or are slow.")
        retentionDays = reader.integer(
            "EVENT_RETENTION_DAYS", default: 30, in: 1...365,
            "Days that events and their deliveries are kept; dead deliveries are kept for 90 at least.")
        allowedNetworks = reader.networks(
            "WEBHOOK_ALLOWED_NETWORKS",
            "Networks that endpoints may be in although they are not public, over http too; for local runs.")
        shownSecret = NotifierConfig.shownSecret(&reader)
        tls = ServiceTLS(&reader)
        let customers = CustomersClientSettings(
            &reader, callersMaxDefault: max(threadsMax / 2, 1), halfOf: "DELIVERY_THREADS_MAX")
        mail = reader.mail(
            withoutServer: "Without it no mail is sent.", domainBytesMax: MailChannel.domainBytesMax)
        telegram = NotifierConfig.telegram(&reader)
        self.orders = try reader.finish(orders)
        self.customers = try reader.finish(customers)
        self.secrets = try reader.finish(secrets)
        self.schedule = try reader.finish(schedule)
    }

    /// Nil after a mistake. Without a key nothing could be kept that must not be read in the database, so there is no default.
    private static func secrets(_ reader: inout EnvironmentReader) -> EndpointSecrets? {
        let texts = reader.secrets(
            "SECRETS_KEY",
            "Encrypts the endpoints' secrets: 32 bytes in Base64, as `openssl rand -base64 32` prints them. May list two while "
                + "rotating; the first encrypts.")
        let keys = texts.compactMap(EncryptionKey.init(base64:))
        guard !texts.isEmpty else {
            reader.reject("SECRETS_KEY", "must be set; `openssl rand -base64 32` makes one")
            return nil
        }
        guard keys.count == texts.count else {
            reader.reject("SECRETS_KEY", "must be 32 bytes in Base64; `openssl rand -base64 32` makes them")
            return nil
        }
        return EndpointSecrets(keys: keys)
    }

    private static func shownSecret(_ reader: inout EnvironmentReader) -> SigningSecret? {
        let text = reader.secret(
            "WEBHOOK_SECRET", "For `show-webhooks`: the endpoint's secret, by which it judges signatures.")
        let secret = text.flatMap { SigningSecret($0.revealed) }
        if text != nil, secret == nil {
            reader.reject("WEBHOOK_SECRET", "must be what create-endpoint gave: whsec_ and Base64")
        }
        return secret
    }

    private static func telegram(_ reader: inout EnvironmentReader) -> TelegramSettings? {
        let text = reader.secret(
            "TELEGRAM_BOT_TOKEN", "What Telegram knows the bot by. Without it nothing is sent to Telegram.")
        let origin = reader.origin(
            "TELEGRAM_API_BASE", default: "https://api.telegram.org", "Where Telegram's bot API is.")
        guard let text else { return nil }
        guard let token = TelegramToken(text.revealed) else {
            reader.reject("TELEGRAM_BOT_TOKEN", "must be a token as Telegram's BotFather gives it")
            return nil
        }
        return origin.map { TelegramSettings(origin: $0, token: token) }
    }

    private static func schedule(_ reader: inout EnvironmentReader) -> RetrySchedule? {
        let schedule = RetrySchedule(
            reader.text(
                "WEBHOOK_RETRY_SECONDS", default: RetrySchedule.defaultText,
                "Seconds before each attempt at a delivery, each 20 % shorter or longer; the first is made at once. After the "
                    + "last it is dead."))
        if schedule == nil {
            reader.reject("WEBHOOK_RETRY_SECONDS", "must list 1 to 20 whole numbers from 0 to 604800")
        }
        return schedule
    }
}
