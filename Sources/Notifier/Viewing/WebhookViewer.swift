import Components
import HTTPMessages
import JSON
import Telemetry
import WebApplication
import WebService
import WebhookSignatures

/// What an endpoint's owner would write first: takes webhooks at `/webhooks` and logs each, with whether its signature holds. For
/// trying things out on one machine; it keeps nothing.
struct WebhookViewer {
    let settings: ServiceSettings
    /// What the endpoint was given when it was made; without it no signature is judged.
    let secret: SigningSecret?
    let logger: Logger

    /// Takes webhooks until the process is told to stop. Ends it with an error if the port cannot be had.
    func run() {
        let metrics = Metrics()
        ServiceMetrics.register(NotifierApp.identity, logger, in: metrics)
        let health = Health([])
        let own = ServiceRoutes(
            name: "webhook-viewer", version: ServiceIdentity.version, health: health, metrics: metrics)
        let application = Application(
            routes: [route] + own.routes, tokens: settings.tokens.accepted,
            crossOrigin: CrossOriginPolicy(origins: settings.corsOrigins), logger: logger, metrics: metrics)
        let service = HTTPService(
            application, settings: settings, health: health, logger: logger, metrics: metrics, exporter: nil)
        let isComplete: Bool
        do { isComplete = try service.run() } catch { ServiceCommand.fail(error.message) }
        if !isComplete { ServiceCommand.endProcess() }
    }

    var route: Route {
        Route(
            "viewWebhook", .post, "/webhooks", access: .everybody, bodies: RequestBodies(.bytes), handler: view)
    }

    private func view(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let event = try? JSONParser.parse(request.body)
        logger.info(
            "webhook received",
            [
                "type": event?["type"]?.string ?? "unknown", "subject": event?["subject"]?.string ?? "",
                "version": event?["sequence"]?.string ?? "", "event_id": request.headers["webhook-id"] ?? "",
                "signature": verdict(request),
            ])
        return Response(.noContent)
    }

    private func verdict(_ request: Request) -> String {
        guard let secret else { return "not judged" }
        let now = Int(Timestamp.now().microsecondsSince1970 / 1_000_000)
        do throws(WebhookSignatureError) {
            try WebhookSignature.verify(
                headers: request.headers, body: request.body, secrets: [secret], nowSeconds: now)
            return "valid"
        } catch {
            return "wrong"
        }
    }
}
