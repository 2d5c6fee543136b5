internal import Concurrency
private import Glibc
package import Resilience
public import Telemetry

/// What a runtime is told by its environment, and what its user may want otherwise.
public struct LambdaRuntimeConfiguration: Sendable {
    /// `host:port` of the runtime API (`AWS_LAMBDA_RUNTIME_API`).
    public var api: String
    /// How many invocations run at once (`AWS_LAMBDA_MAX_CONCURRENCY`): 1 unless Lambda says otherwise, at most 1600.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    public var concurrency = 1
    /// Where the runtime's own lines go, and through `LambdaContext.logger` the handler's.
    public var logger: Logger
    /// How long before its deadline an invocation is canceled and answered with an error: 200 ms by default, half of them for a
    /// handler to come back in, and in all enough to ask for the next event before Lambda ends the process. Never more than half
    /// of the time that an invocation has.
    public var deadlineReserveMilliseconds = 200
    /// Whether to register an internal extension so that Lambda sends SIGTERM before it ends the process, and to drain then.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
    public var drainsOnTermination = true
    /// How long running handlers and `onTermination` have together after SIGTERM: 450 of the 500 ms that Lambda grants where
    /// there are internal extensions only.
    public var terminationGraceMilliseconds = 450
    /// Called once after SIGTERM, when no handler runs any more or two thirds of the grace are over; it should end within the rest.
    public var onTermination: (@Sendable () -> Void)?
    /// Of the call for the next event. 6 attempts in about 3 s: longer than a runtime API needs to come back, and little against
    /// what a new process costs.
    package var retry = RetryPolicy(attemptsMax: 6, baseMilliseconds: 100, capMilliseconds: 2000)

    /// - Parameters:
    ///   - api: `host:port` of the runtime API.
    ///   - logger: for the runtime's own lines and the handler's.
    public init(api: String, logger: Logger) {
        self.api = api
        self.logger = logger
    }

    /// What Lambda has put in the environment.
    ///
    /// Read are `AWS_LAMBDA_RUNTIME_API`, `AWS_LAMBDA_MAX_CONCURRENCY`, `AWS_LAMBDA_FUNCTION_NAME`, and for the logger
    /// `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`
    /// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
    public static func environment() throws(LambdaRuntimeError) -> LambdaRuntimeConfiguration {
        guard let api = environmentAPI else { throw .missingAPIAddress }
        var configuration = LambdaRuntimeConfiguration(
            api: api, logger: lambdaLogger(service: variable("AWS_LAMBDA_FUNCTION_NAME") ?? "lambda"))
        configuration.concurrency = try environmentConcurrency()
        return configuration
    }

    /// Where the environment says that the runtime API is.
    static var environmentAPI: String? { variable("AWS_LAMBDA_RUNTIME_API") }

    /// The invocations at once that the environment asks for.
    package static func environmentConcurrency() throws(LambdaRuntimeError) -> Int {
        guard let text = variable("AWS_LAMBDA_MAX_CONCURRENCY") else { return 1 }
        guard let number = Int(text), 1...concurrencyMax ~= number else { throw .invalidConcurrency(text) }
        return number
    }

    /// A logger of the form and level that the function is configured with.
    ///
    /// - Parameters:
    ///   - service: what the lines name as their service.
    ///   - level: where the environment names none.
    public static func lambdaLogger(service: String, level: Logger.Level = .info) -> Logger {
        Logger(
            service: service, level: variable("AWS_LAMBDA_LOG_LEVEL").flatMap(Logger.Level.init(lambdaName:)) ?? level,
            format: variable("AWS_LAMBDA_LOG_FORMAT")?.lowercased() == "text" ? .text : .lambdaJSON)
    }

    /// As many as Lambda grants (`PerExecutionEnvironmentMaxConcurrency`).
    static let concurrencyMax = 1600

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}
