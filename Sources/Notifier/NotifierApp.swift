import Concurrency
import CurlHTTPClient
import CustomerErasures
import CustomerLookup
import DatabaseWebService
import Idempotency
import IdempotentReplies
import OutboundAddresses
import ResourceRoutes
import Settings
import Telemetry
import WebApplication
import WebService

/// The Notifier: every dependency is made here, once.
struct NotifierApp: DatabaseApplication {
    static let identity = ServiceIdentity(
        name: "notifier", command: "Notifier",
        summary: "The Notifier: webhooks, mail and Telegram for what happens to orders.", hasConsole: true)

    static var ownCommands: [OwnCommand<NotifierApp>] {
        [
            OwnCommand(
                CommandDescription(
                    "rewind-feed",
                    "Goes on from the newest event that the Orders API's log still knows, after that was put back.")
            ) { (app, _) throws(CommandError) in try app.rewindFeed() },
            OwnCommand(
                CommandDescription(
                    "show-webhooks", "Takes webhooks at /webhooks on PORT and logs each; for trying things out.")
            ) { (app, _) throws(CommandError) in
                let viewer = WebhookViewer(
                    settings: app.config.service, secret: app.config.shownSecret, logger: app.base.logger)
                viewer.run()
            },
        ]
    }

    let base: DatabaseService
    let endpoints: EndpointService
    let deliveries: DeliveryService
    let replays: ReplayService
    let status: FeedStatus
    let ingest: FeedIngest
    /// Nil where there is no broker.
    let feedMessages: FeedMessages?
    let gates: DeliveryGates
    let wake: DeliveryWake
    let dispatcher: DeliveryDispatcher
    let sender: DeliverySender
    let census: DeliveryCensus
    let retention: RetentionSweep
    let erasures: ErasureWorker
    private let config: NotifierConfig
    private let replies: IdempotentReplies
    private let resources: ResourceRoutes

    init(_ config: NotifierConfig) { self.init(config, channel: nil) }

    /// - Parameter channel: what delivers; nil for the channels of the settings.
    init(_ config: NotifierConfig, channel: (any DeliveryChannel)?) {
        self.config = config
        status = FeedStatus()
        base = DatabaseService(
            NotifierApp.identity, config.service, config.database, migrations: NotifierMigrations.all,
            migratesAtStart: config.storage.migratesAtStart, checks: [status.check])
        let (database, logger) = (base.database, base.logger)
        let (store, lanes, cursor) = (EndpointStore(), LaneStore(), FeedCursorStore())
        let (deliveryStore, attempts, replayStore) = (DeliveryStore(), AttemptStore(), ReplayStore())
        let idempotency = IdempotencyStore(retentionHours: config.storage.idempotencyRetentionHours)
        gates = DeliveryGates(threadsMax: config.threadsMax)
        wake = DeliveryWake(gates: gates)
        let targets = TargetRule(addresses: OutboundAddressRule(allowed: config.allowedNetworks))
        endpoints = EndpointService(
            database: database, store: store, secrets: config.secrets, cursor: cursor, idempotency: idempotency,
            targets: targets, channels: config.channels, wake: wake)
        replays = ReplayService(
            database: database, endpoints: store, store: replayStore, deliveries: deliveryStore, lanes: lanes,
            idempotency: idempotency, wake: wake)
        deliveries = DeliveryService(
            database: database, store: deliveryStore, attempts: attempts, lanes: lanes, endpoints: store,
            idempotency: idempotency, wake: wake)
        ingest = FeedIngest(
            database: database, cursor: cursor, inbox: InboxStore(), endpoints: store, lanes: lanes,
            deliveries: deliveryStore)
        feedMessages = config.broker.map { [base] in FeedMessages($0, logger, base.metrics) }
        dispatcher = DeliveryDispatcher(
            database: database, lanes: lanes, attempts: attempts, endpoints: store, secrets: config.secrets,
            channels: config.channels,
            gates: gates, wake: wake, logger: logger)
        let metrics = DeliveryMetrics(base.metrics)
        let stop = CurrentStop()
        let channel =
            channel ?? ChannelDirectory(config, stop: stop.tokenAfterGrace, logger, base.metrics, spans: base.spans)
        channel.checks.forEach(base.add)
        sender = DeliverySender(
            database: database, lanes: lanes, attempts: attempts, endpoints: store,
            successes: SuccessWriter(database: database, lanes: lanes, attempts: attempts, logger: logger),
            gates: gates, channel: channel, schedule: config.schedule, metrics: metrics, wake: wake, stop: stop,
            logger: logger)
        census = DeliveryCensus(
            database: database, lanes: lanes, endpoints: store, metrics: metrics, logger: logger)
        retention = RetentionSweep(
            database: database, store: RetentionStore(), lanes: lanes, replays: replayStore,
            retentionDays: config.retentionDays, wake: wake,
            runs: SweepMetrics("delivery-retention", base.metrics), logger: logger)
        erasures = ErasureWorker(
            database, ErasureStore(consumer: "notifier"),
            ErasureClient(
                transport: MeasuredTransport(
                    CurlTransport(configuration: CurlTransportConfiguration(config.tls)), "customers-api", base.metrics),
                origin: config.customers.origin, token: config.service.tokens.sent),
            AttemptEraser(database: database), logger, base.metrics)
        replies = IdempotentReplies(idempotency, database)
        resources = ResourceRoutes(replies, cursor: config.storage.cursor)
        status.register(in: base.metrics)
    }

    static func config(_ reader: inout EnvironmentReader) throws(ConfigurationError) -> NotifierConfig {
        try NotifierConfig(&reader)
    }

    var routes: [Route] {
        EndpointRoutes(service: endpoints, replays: replays, resources: resources, replies: replies).routes
            + DeliveryRoutes(service: deliveries, resources: resources, replies: replies).routes
    }

    /// Those that make deliveries.
    var senders: [Worker] { (1...gates.threadCount).map { sender.worker(number: $0) } }

    /// The reader of the feed.
    var feed: Worker {
        // A request that waits for events ends when the worker is to stop.
        let current = CurrentStop()
        let client = feedClient(stop: current.token)
        let reader = FeedReader(
            database: base.database, client: client, cursor: FeedCursorStore(), endpoints: EndpointStore(),
            ingest: ingest, status: status, wake: wake, metrics: base.metrics, logger: base.logger,
            messages: feedMessages)
        return reader.worker { stop in current.follow(stop) }
    }

    func serve() {
        let background = [census.worker, retention.worker, replies.sweep(base.logger, base.metrics), erasures.worker]
        base.serve(
            routes, workers: [feed, dispatcher.worker] + senders + background, after: feedMessages.map { [$0] } ?? [])
    }

    func seed(_ words: CommandWords) throws(CommandError) {
        base.logger.info("there is no demonstration data of this service")
    }

    private func rewindFeed() throws(CommandError) {
        let rewind = FeedRewind(
            database: base.database, client: feedClient(stop: .never), cursor: FeedCursorStore(), inbox: InboxStore(),
            logger: base.logger)
        do throws(FeedRewind.Failure) { _ = try rewind.run() } catch {
            throw CommandError(message: "The feed was not rewound. \(error.message)")
        }
    }

    private func feedClient(stop: StopToken) -> FeedClient {
        FeedClient(
            transport: MeasuredTransport(
                CurlTransport(configuration: FeedClient.transportConfiguration(config.tls, stop: stop)), "event-feed",
                base.metrics),
            origin: config.orders, token: config.service.tokens.sent)
    }
}
