package import Telemetry

/// What every service shows of itself in its metrics.
package enum ServiceMetrics {
    /// Registers the process, the build and what becomes of log lines.
    package static func register(_ identity: ServiceIdentity, _ logger: Logger, in metrics: Metrics) {
        ProcessMetrics.register(in: metrics)
        metrics.gauge(
            "build_info", "1, with what is running.",
            labels: [
                "service": identity.name, "version": ServiceIdentity.version, "swift_version": swiftVersion,
            ]
        ) { 1 }
        metrics.counter(
            "log_lines_dropped_total", "Log lines for which there was no space, or that could not be written."
        ) { logger.droppedLines }
    }

    /// The compiler's, as near as a program can ask for it.
    private static var swiftVersion: String {
        #if compiler(>=6.5)
            "6.5 or newer"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2 or older"
        #endif
    }
}
