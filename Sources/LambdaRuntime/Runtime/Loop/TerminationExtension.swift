private import Concurrency
import Telemetry

/// An internal extension that does nothing: Lambda sends SIGTERM, instead of SIGKILL alone, only where one is registered.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
struct TerminationExtension: Sendable {
    let address: RuntimeAPIAddress
    let logger: Logger

    /// Registers, which has to be done before the first event is asked for, and stays on a thread of its own. If that fails,
    /// Lambda ends the process without a warning, as it would without this.
    func start() {
        let identifier: String
        let client = RuntimeClient(
            address, timeoutMilliseconds: TerminationExtension.registrationTimeoutMilliseconds)
        do throws(RuntimeClient.Failure) {
            identifier = try client.registerExtension(name: TerminationExtension.name)
        } catch {
            return logger.warning(
                "No extension could be registered; there will be no SIGTERM before the end.", ["reason": error.reason])
        }
        let thread = Thread.start { [self] in
            do throws(RuntimeClient.Failure) {
                try RuntimeClient(address).waitForExtensionEvent(identifier)
            } catch {
                logger.info("The extension is not connected any more.", ["reason": error.reason])
            }
        }
        if let thread { thread.detach() } else { logger.warning("No thread could be had for the extension.") }
    }

    private static let name = "swift-termination"
    /// 1 s: it is part of every cold start.
    private static let registrationTimeoutMilliseconds = 1000
}
