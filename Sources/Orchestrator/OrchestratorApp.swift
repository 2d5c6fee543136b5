import Components
import CurlHTTPClient
import CustomerLookup
import HTTPMessages
import JSON
import LambdaRuntime
import Resilience
import Settings
import Telemetry
import TraceExport
import WebApplication
import WebService

/// The orchestrator: one application behind an HTTP port and AWS Lambda.
struct OrchestratorApp {
    static let identity = ServiceIdentity(
        name: "orchestrator", command: "Orchestrator",
        summary: "The orchestrator: creates and confirms an order in one call, once per key.")

    /// 1 s: a step that waits for stock which everybody wants may take a good part of it, and so is no outage.
    private static let ordersPatienceMilliseconds = 1000

    /// What the port serves.
    let application: Application
    /// What Lambda serves, and the port through `shim`.
    let function: LambdaFunction
    let shim: LocalShim
    private let config: OrchestratorConfig
    private let health: Health
    private let logger: Logger
    private let metrics: Metrics
    private let exporter: SpanExporter?
    private let pages: WebPages

    /// - Parameter spans: takes the requests' spans in place of the service's own exporter.
    init(_ config: OrchestratorConfig, spans given: SpanSink? = nil) {
        self.config = config
        let logger = OrchestratorApp.logger(config)
        self.logger = logger
        let embedded = config.embeddedMetrics
        let metrics = Metrics(embedded: embedded)
        self.metrics = metrics
        ServiceMetrics.register(OrchestratorApp.identity, logger, in: metrics)
        let exporter = SpanExporter.make(
            config.service.traces, service: OrchestratorApp.identity.name, version: ServiceIdentity.version, logger,
            metrics)
        self.exporter = exporter
        let spans = given ?? exporter?.sink
        let transport = CurlTransport(configuration: CurlTransportConfiguration(config.tls))
        let customers = CustomerDirectory(
            config.customers, token: config.service.tokens.sent, transport: transport, logger, metrics)
        let ordersEvents = DependencyEvents("orders-api", logger, metrics)
        let ordersGuards = ordersEvents.guards(
            callersMax: config.ordersCallersMax, patienceMilliseconds: OrchestratorApp.ordersPatienceMilliseconds,
            circuit: config.ordersCircuit)
        let orders = OrdersClient(
            ResilientClient(
                transport: MeasuredTransport(transport, "orders-api", metrics), origin: config.orders,
                guards: ordersGuards, observe: ordersEvents.report),
            token: config.service.tokens.sent)
        // Without either of them only keys can be answered that have their order.
        health = Health([
            DependencyProbe(
                "customers-api", "The Customers API", transport, config.customers.client.origin, customers.guards,
                logger
            ).check(decidesReadiness: true),
            DependencyProbe("orders-api", "The Orders API", transport, config.orders, ordersGuards, logger)
                .check(decidesReadiness: true),
        ])
        let own = ServiceRoutes(
            name: OrchestratorApp.identity.name, version: ServiceIdentity.version, health: health, metrics: metrics)
        let routes = CreateAndConfirmOrder(customers: customers, orders: orders).routes + own.routes
        let (limits, audit) = (config.service.limits(metrics), config.service.audit(metrics))
        func application(_ routes: [Route], isBehindGateway: Bool) -> Application {
            Application(
                routes: routes, tokens: config.service.tokens.accepted,
                crossOrigin: CrossOriginPolicy(origins: config.service.corsOrigins), logger: logger, metrics: metrics,
                // In Lambda whoever invokes the function limits that, and each of its instances would have a limit of its own.
                spans: spans, isBehindGateway: isBehindGateway, limits: isBehindGateway ? nil : limits, audit: audit,
                problemExtensions: CreateAndConfirmOrder.problemExtensions)
        }
        let behindGateway = application(routes, isBehindGateway: true)
        function = LambdaFunction(
            application: behindGateway,
            directOrders: DirectOrders(
                application: behindGateway, token: config.service.tokens.sent, logger: logger, spans: spans),
            sweep: ScheduledSweep(orders: orders, logger: logger, spans: spans),
            telemetry: config.lambdaRuntimeAPI == nil
                ? nil : LambdaTelemetry(exporter: exporter, metrics: embedded, sink: .standardOutput))
        // In Lambda the Invoke API is Lambda's own, and there are no pages.
        pages = WebPages(config.service.webDirectory, OrchestratorApp.identity)
        self.application = application(
            routes + LocalInvocation(function: function).routes + pages.routes, isBehindGateway: false)
        shim = LocalShim(function: function.serving(self.application))
    }

    /// What the command line may ask for.
    static let commands = CommandTable(
        identity,
        [CommandDescription("serve", "Serves until SIGTERM (the default), or as a Lambda runtime.")])

    /// Does what the command line asks for; ends the process with an error if that cannot be done.
    static func run(_ arguments: [String]) {
        let environment = Environment.current()
        let lambdaRuntimeAPI = environment.values["AWS_LAMBDA_RUNTIME_API"]
        let call: CommandWords
        // Lambda's own argument is the name of a handler, which this function does not need.
        do { call = try commands.read(lambdaRuntimeAPI == nil ? arguments.dropFirst() : []) } catch {
            ServiceCommand.fail(error)
        }
        // Whatever the settings are.
        if ServiceCommand.answer(call, commands) { return }
        var reader = EnvironmentReader(environment)
        let config: OrchestratorConfig
        do { config = try OrchestratorConfig(&reader) } catch {
            if call.isCall(of: .help) { return printHelp(reader) }
            if let lambdaRuntimeAPI { report(error, to: lambdaRuntimeAPI) }
            ServiceCommand.warn(of: reader, call)
            ServiceCommand.fail(error)
        }
        if call.isCall(of: .help) { return printHelp(reader) }
        ServiceCommand.warn(of: reader, call)
        if call.isCall(of: .check) { return ServiceCommand.reportValidSettings(identity) }
        if call.isCall(of: .health) { return HealthCommand.report(identity, config.service) }
        let app = OrchestratorApp(config)
        if let api = config.lambdaRuntimeAPI { app.runInLambda(api) } else { app.serve() }
    }

    /// Lambda shows this to whoever invokes the function, instead of only that its process ended.
    private static func report(_ error: ConfigurationError, to api: String) {
        LambdaRuntime.reportInitializationError(
            error, api: api, logger: LambdaRuntimeConfiguration.lambdaLogger(service: identity.name))
    }

    /// In Lambda the function's own settings of form and level come first.
    private static func logger(_ config: OrchestratorConfig) -> Logger {
        config.lambdaRuntimeAPI == nil
            ? Logger(
                service: identity.name, level: config.service.logLevel, format: config.service.output.logFormat)
            : LambdaRuntimeConfiguration.lambdaLogger(service: identity.name, level: config.service.logLevel)
    }

    private func serve() {
        pages.report(to: logger)
        let service = HTTPService(
            application, settings: config.service, health: health, logger: logger, metrics: metrics,
            exporter: exporter, respond: { .response(shim.respond($0, $1)) })
        let isComplete: Bool
        do { isComplete = try service.run() } catch { ServiceCommand.fail(error.message) }
        if !isComplete { ServiceCommand.endProcess() }
    }

    private func runInLambda(_ api: String) {
        do {
            try LambdaRuntime(handler: function, api: api, logger: logger).run()
        } catch {
            ServiceCommand.fail(error.description)
        }
    }

    private static func printHelp(_ reader: EnvironmentReader) {
        print(commands.help(variables: reader.variables), terminator: "")
    }
}
