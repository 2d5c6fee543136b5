@preconcurrency private import Glibc
import Telemetry

extension LambdaHandler {
    /// Handles events until Lambda ends the process: the last line of a function's program.
    ///
    /// A process that Lambda did not start, or that gets no event any more, ends with a message and status 1.
    public func run() -> Never {
        // Lambda freezes the process between events: a line that waits in a buffer would be seen much later, or never.
        setvbuf(stdout, nil, _IOLBF, 0)
        let logger = Logger(service: environment("AWS_LAMBDA_FUNCTION_NAME") ?? "lambda")
        guard let api = environment("AWS_LAMBDA_RUNTIME_API") else {
            logger.error("This is a Lambda function: AWS_LAMBDA_RUNTIME_API does not say where its events come from.")
            exit(1)
        }
        do throws(LambdaRuntimeError) {
            try LambdaRuntime(handler: self, api: api, logger: logger).run()
        } catch {
            logger.error("The function ends.", ["reason": error.description])
            exit(1)
        }
    }

    private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
