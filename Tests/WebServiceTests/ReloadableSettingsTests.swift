import Components
import Settings
import Telemetry
import Testing
import WebService

@Suite struct ReloadableSettingsTests {
    private func reload(_ logger: Logger, values: [String: String] = [:], file text: String) -> Reloadable.Outcome {
        let file = DotEnvFile(text)
        let environment = Environment(values: file.values.merging(values) { _, process in process }, file: file)
        return Reloadable.logLevel(of: logger, environment: { environment }).reload()
    }

    @Test func `a new log level in the file holds for every logger that was made of the service's`() {
        let logger = Logger(service: "test")
        let ofRequest = logger.with("correlation_id", "1")
        #expect(reload(logger, file: "LOG_LEVEL=debug") == .changed("debug"))
        #expect(ofRequest.level == .debug)
        #expect(reload(logger, file: "LOG_LEVEL=debug") == .unchanged)
        #expect(reload(logger, file: "") == .changed("info"), "Without the line the default holds again.")
        #expect(ofRequest.level == .info)
    }

    @Test func `what the process's environment sets holds whatever the file says`() {
        let logger = Logger(service: "test", level: .error)
        #expect(reload(logger, values: ["LOG_LEVEL": "error"], file: "LOG_LEVEL=debug") == .unchanged)
        #expect(logger.level == .error)
    }

    @Test(arguments: ["LOG_LEVEL=loud", "LOG_LEVEL=debug\nnothing"]) func `a mistake changes nothing`(text: String) {
        let logger = Logger(service: "test")
        guard case .refused(let cause) = reload(logger, file: text) else {
            Issue.record("It was not refused.")
            return
        }
        #expect(cause.contains(text.hasSuffix("loud") ? "LOG_LEVEL must be one of" : ".env line 2"))
        #expect(logger.level == .info)
    }
}
