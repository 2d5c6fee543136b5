private import HTTPMessages
private import JSON
package import Telemetry

/// The operations that every service has: what it is, how it is, what it counts.
package struct ServiceRoutes: Sendable {
    private let name: String
    private let version: String
    private let health: Health
    private let metrics: Metrics

    package init(name: String, version: String, health: Health, metrics: Metrics) {
        self.name = name
        self.version = version
        self.health = health
        self.metrics = metrics
    }

    package var routes: [Route] {
        [Route("getService", .get, "/", access: .everybody, handler: getService)]
            + healthRoutes(under: "", named: "get")
            + [Route("getMetrics", .get, "/metrics", access: .everybody, handler: getMetrics)]
    }

    /// How the service is, under other paths than `/health…`.
    ///
    /// - Parameters:
    ///   - prefix: what stands before `/health`: `/api/v1`.
    ///   - name: what stands before `Health` in the operations' names.
    package func healthRoutes(under prefix: String, named name: String) -> [Route] {
        [
            Route("\(name)Health", .get, "\(prefix)/health", access: .everybody, handler: getService),
            Route(
                "\(name)HealthLive", .get, "\(prefix)/health/live", access: .everybody, isImmediate: true,
                handler: getHealthLive),
            Route("\(name)HealthReady", .get, "\(prefix)/health/ready", access: .everybody, handler: getHealthReady),
            Route(
                "\(name)HealthDetailed", .get, "\(prefix)/health/detailed", access: .anyToken,
                handler: getHealthDetailed),
        ]
    }

    private func getService(_: Request, _: RequestContext) -> Response {
        .json(.ok) { writer in
            writer.member("name", name)
            writer.member("version", version)
            writer.member("status", "ok")
        }
    }

    /// Touches nothing: a database outage must not make a supervisor kill the process that waits it out.
    private func getHealthLive(_: Request, _: RequestContext) -> Response {
        .json(.ok) { $0.member("status", "live") }
    }

    private func getHealthReady(_: Request, _: RequestContext) throws(Problem) -> Response {
        if health.isDraining { throw Problem(RequestRefusal.shuttingDown) }
        let failing = health.readiness().results.filter { $0.failure != nil }.map(\.name)
        guard failing.isEmpty else { throw .notReady("Not available: \(failing.joined(separator: ", ")).") }
        return .json(.ok) { $0.member("status", "ready") }
    }

    private func getHealthDetailed(_: Request, _: RequestContext) -> Response {
        let report = health.report()
        return .json(.ok) { writer in
            writer.member("status", report.isHealthy ? "pass" : "fail")
            writer.member(
                "checks",
                array: { writer in
                    for result in report.results {
                        writer.object { writer in
                            writer.member("name", result.name)
                            writer.member("status", result.failure == nil ? "pass" : "fail")
                            writer.member("detail", result.failure ?? "available")
                            writer.member("latency_ms", result.milliseconds)
                            write(result.details, to: &writer)
                        }
                    }
                })
        }
    }

    private func write(_ details: HealthDetails, to writer: inout JSONWriter) {
        if let circuit = details.circuit { writer.member("circuit", circuit) }
        if let callers = details.callers {
            writer.member(
                "callers",
                object: { writer in
                    writer.member("waiting", callers.waiting)
                    writer.member("max", callers.max)
                })
        }
        if let pool = details.pool {
            writer.member(
                "pool",
                object: { writer in
                    writer.member("used", pool.used)
                    writer.member("idle", pool.idle)
                    writer.member("waiting", pool.waiting)
                    writer.member("max", pool.max)
                })
        }
    }

    private func getMetrics(_: Request, _: RequestContext) -> Response {
        Response(
            .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: Array(metrics.prometheusText().utf8))
    }
}
