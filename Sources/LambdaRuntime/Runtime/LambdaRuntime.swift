@preconcurrency private import Glibc
internal import Concurrency
package import Resilience
package import Telemetry

/// A Lambda custom runtime: next event, handler, response or error, and again, until the process is ended.
///
/// One bad event, a response that Lambda refuses, a dropped connection, a handler that does not end in time: none of them ends
/// it. Only a runtime API that gives no event any more does, or handlers that never come back.
///
///     import LambdaRuntime
///
///     struct Echo: LambdaHandler {
///         func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] { event }
///     }
///     LambdaRuntime.run(Echo())
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
public struct LambdaRuntime: Sendable {
    private let work: WorkerSettings.Work
    private let configuration: LambdaRuntimeConfiguration

    /// - Parameters:
    ///   - handler: is called for each event.
    ///   - configuration: nil for what the environment says.
    public init(
        handler: any LambdaHandler, configuration: LambdaRuntimeConfiguration? = nil
    ) throws(LambdaRuntimeError) {
        try self.init(.buffered(handler), configuration)
    }

    /// - Parameters:
    ///   - handler: is called for each event.
    ///   - configuration: nil for what the environment says.
    public init(
        handler: any StreamingLambdaHandler, configuration: LambdaRuntimeConfiguration? = nil
    ) throws(LambdaRuntimeError) {
        try self.init(.streaming(handler), configuration)
    }

    /// - Parameters:
    ///   - handler: is called for each event.
    ///   - configuration: nil for what the environment says.
    public init(
        handler: any AsyncLambdaHandler, configuration: LambdaRuntimeConfiguration? = nil
    ) throws(LambdaRuntimeError) {
        try self.init(.buffered(AsyncHandlerAdapter(handler: handler)), configuration)
    }

    /// - Parameters:
    ///   - api: what the environment variable `AWS_LAMBDA_RUNTIME_API` holds, `host:port`.
    ///   - retry: of the call for the next event; nil for the default.
    package init(handler: any LambdaHandler, api: String, logger: Logger, retry: RetryPolicy? = nil) {
        work = .buffered(handler)
        var configuration = LambdaRuntimeConfiguration(api: api, logger: logger)
        if let retry { configuration.retry = retry }
        // A mistake in it is told by `run`.
        configuration.concurrency = (try? LambdaRuntimeConfiguration.environmentConcurrency()) ?? 0
        self.configuration = configuration
    }

    private init(
        _ work: WorkerSettings.Work, _ configuration: LambdaRuntimeConfiguration?
    ) throws(LambdaRuntimeError) {
        self.work = work
        if let configuration { self.configuration = configuration } else { self.configuration = try .environment() }
    }

    /// Handles events until the process ends; the handler is called on threads of the runtime's own.
    ///
    /// Call it before other threads are started: SIGTERM is blocked here, for them to inherit. After SIGTERM no event is asked
    /// for any more, running handlers end or are left behind, and the process exits with status 0.
    ///
    /// - Throws: `LambdaRuntimeError` when it cannot go on; the process should end with a status other than 0.
    public func run() throws(LambdaRuntimeError) -> Never {
        guard 1...LambdaRuntimeConfiguration.concurrencyMax ~= configuration.concurrency else {
            throw .invalidConcurrency(String(configuration.concurrency))
        }
        let address = try RuntimeAPIAddress(configuration.api)
        // With several at once as much would be kept for each.
        if configuration.concurrency == 1 { FreedMemory.keepForNextEvent() }
        let supervisor = RuntimeSupervisor(work, address, configuration)
        throw supervisor.run()
    }

    /// Does everything that a `main.swift` has to: makes the handler, runs it, and ends the process with status 1 and a reason,
    /// which is also told to whoever invokes the function, if either cannot be done.
    ///
    /// - Parameters:
    ///   - handler: is made here, so that an error in making it is told, too.
    ///   - onTermination: see `LambdaRuntimeConfiguration.onTermination`.
    public static func run(
        _ handler: @autoclosure () throws -> any LambdaHandler, onTermination: (@Sendable () -> Void)? = nil
    ) -> Never {
        run(onTermination) { try LambdaRuntime(handler: handler(), configuration: $0) }
    }

    /// As `run` of a `LambdaHandler`.
    public static func run(
        _ handler: @autoclosure () throws -> any StreamingLambdaHandler, onTermination: (@Sendable () -> Void)? = nil
    ) -> Never {
        run(onTermination) { try LambdaRuntime(handler: handler(), configuration: $0) }
    }

    /// As `run` of a `LambdaHandler`.
    public static func run(
        _ handler: @autoclosure () throws -> any AsyncLambdaHandler, onTermination: (@Sendable () -> Void)? = nil
    ) -> Never {
        run(onTermination) { try LambdaRuntime(handler: handler(), configuration: $0) }
    }

    /// Tells Lambda why the process ends before it asked for an event; a report that fails is logged.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
    package static func reportInitializationError(_ error: any Error, api: String, logger: Logger) {
        do {
            try RuntimeClient(RuntimeAPIAddress(api)).reportInitialization(LambdaFailure(error))
        } catch {
            logger.error("An initialization error could not be reported.", ["reason": String(describing: error)])
        }
    }

    private static func run(
        _ onTermination: (@Sendable () -> Void)?, _ make: (LambdaRuntimeConfiguration) throws -> LambdaRuntime
    ) -> Never {
        // Lambda freezes the process between events: a line that waits in a buffer would be seen much later, or never.
        setvbuf(stdout, nil, _IOLBF, 0)
        var logger = LambdaRuntimeConfiguration.lambdaLogger(service: "lambda")
        let runtime: LambdaRuntime
        do {
            var configuration = try LambdaRuntimeConfiguration.environment()
            configuration.onTermination = onTermination
            logger = configuration.logger
            runtime = try make(configuration)
        } catch {
            if let api = LambdaRuntimeConfiguration.environmentAPI {
                reportInitializationError(error, api: api, logger: logger)
            }
            logger.error("The runtime cannot start.", ["reason": String(describing: error)])
            exit(1)
        }
        do throws(LambdaRuntimeError) { try runtime.run() } catch {
            logger.error("The runtime cannot go on.", ["reason": error.description])
            // Handlers may still run, and what an orderly exit does may free what they use.
            // Where nobody reads the log, nobody reads what the handlers printed, and writing it would take for ever.
            if logger.flush(by: .after(milliseconds: LogSink.exitMilliseconds)) { fflush(nil) }
            _exit(1)
        }
    }
}
