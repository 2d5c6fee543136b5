package import Resilience
package import Telemetry
private import Threading

/// The loop of a Lambda custom runtime: next event, handler, response or error, and again, until the process is ended.
///
/// One bad event, a response that Lambda refuses, a dropped connection: none of them ends it. Only a runtime API that
/// gives no event any more does.
package struct LambdaRuntime: Sendable {
    private let handler: any LambdaHandler
    private let api: String
    private let logger: Logger
    private let retry: RetryPolicy

    /// - Parameters:
    ///   - api: what the environment variable `AWS_LAMBDA_RUNTIME_API` holds, `host:port`.
    ///   - retry: of the call for the next event. 6 attempts in about 3 s: longer than a runtime API needs to come back,
    ///     and little against what a new process costs.
    package init(
        handler: any LambdaHandler, api: String, logger: Logger,
        retry: RetryPolicy = RetryPolicy(attemptsMax: 6, baseMilliseconds: 100, capMilliseconds: 2000)
    ) {
        self.handler = handler
        self.api = api
        self.logger = logger
        self.retry = retry
    }

    /// Handles events one after another on the calling thread.
    ///
    /// - Throws: `LambdaRuntimeError` when it cannot go on; the process should end with a status other than 0.
    package func run() throws(LambdaRuntimeError) -> Never {
        let client = try RuntimeClient(api: api)
        while true {
            let invocation = try next(client)
            do {
                let response = try handler.handle(invocation.event, invocation.context)
                respond(response, to: invocation.context, client)
            } catch {
                report(LambdaFailure(error), to: invocation.context, client)
            }
        }
    }

    /// Tells Lambda why the process ends before it asked for an event; a report that fails is logged.
    package static func reportInitializationError(_ error: any Error, api: String, logger: Logger) {
        do {
            try RuntimeClient(api: api).reportInitialization(LambdaFailure(error))
        } catch {
            logger.error("An initialization error could not be reported.", ["reason": String(describing: error)])
        }
    }

    private func next(_ client: RuntimeClient) throws(LambdaRuntimeError) -> RuntimeClient.Invocation {
        var attempt = 1
        while true {
            do throws(RuntimeClient.Failure) {
                return try client.next()
            } catch {
                guard
                    let pause = retry.pauseMilliseconds(
                        afterAttempt: attempt, by: .after(milliseconds: retry.capMilliseconds + 1000))
                else { throw .nextFailed(attempts: attempt, reason: error.reason) }
                logger.warning(
                    "The runtime API gave no next event; asking again.",
                    ["attempt": attempt, "pauseMilliseconds": pause, "reason": error.reason])
                Thread.sleep(milliseconds: pause)
                attempt += 1
            }
        }
    }

    /// After a refusal, 413 for a response that is too large for one, Lambda takes no error for the same request: the
    /// next event is all that is left to ask for.
    private func respond(_ body: [UInt8], to context: LambdaContext, _ client: RuntimeClient) {
        do throws(RuntimeClient.Failure) {
            try client.respond(body, to: context)
        } catch {
            logger.error(
                "A response could not be delivered.",
                ["requestId": context.requestID, "responseBytes": body.count, "reason": error.reason])
        }
    }

    private func report(_ failure: LambdaFailure, to context: LambdaContext, _ client: RuntimeClient) {
        logger.error(
            "The handler failed.",
            ["requestId": context.requestID, "errorType": failure.type, "errorMessage": failure.message])
        do throws(RuntimeClient.Failure) {
            try client.report(failure, to: context)
        } catch {
            logger.error("An error could not be delivered.", ["requestId": context.requestID, "reason": error.reason])
        }
    }
}
