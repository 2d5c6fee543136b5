package import Components
package import Settings
package import Telemetry

extension Reloadable {
    /// `LOG_LEVEL`, as far as it comes from the `.env` file: a process's environment does not change.
    ///
    /// - Parameter environment: reads the file anew.
    package static func logLevel(
        of logger: Logger, environment: @escaping @Sendable () -> Environment = { Environment.current() }
    ) -> Reloadable {
        Reloadable("LOG_LEVEL") {
            var reader = EnvironmentReader(environment())
            let level = ServiceSettings.logLevel(&reader)
            do throws(ConfigurationError) { try reader.finish() } catch {
                return .refused(error.mistakes.joined(separator: " "))
            }
            guard level != logger.level else { return .unchanged }
            logger.setLevel(level)
            return .changed(level.name)
        }
    }
}
