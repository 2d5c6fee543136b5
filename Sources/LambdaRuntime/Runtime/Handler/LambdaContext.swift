public import Concurrency
private import Glibc
import HTTPMessages
public import Telemetry

/// What Lambda says about one invocation besides its event.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
public struct LambdaContext: Sendable {
    /// Tells this invocation from every other; repetitions by Lambda of a failed asynchronous one share it.
    public let requestID: String
    /// When Lambda ends the process if there is no response.
    public let deadline: Deadline
    /// The function, version or alias that was invoked.
    public let invokedFunctionARN: String?
    /// In the form of the `X-Amzn-Trace-Id` header.
    public let traceID: String?
    /// JSON, from a mobile SDK.
    public let clientContext: String?
    /// JSON, from a mobile SDK.
    public let cognitoIdentity: String?
    /// Whom the invocation is for, where functions isolate tenants.
    public let tenantID: String?
    /// Tells two deliveries of one request id apart; the runtime sends it back with the response.
    public let invocationID: String?
    private let number: UInt64
    private let cancellation: InvocationCancellation
    private let runtimeLogger: Logger

    /// A context of one's own, for a test of a handler; it is never canceled.
    public init(
        requestID: String, deadline: Deadline = .after(milliseconds: 3000), invokedFunctionARN: String? = nil,
        traceID: String? = nil, clientContext: String? = nil, cognitoIdentity: String? = nil, tenantID: String? = nil,
        invocationID: String? = nil, logger: Logger = Logger(service: "lambda")
    ) {
        self.requestID = requestID
        self.deadline = deadline
        self.invokedFunctionARN = invokedFunctionARN
        self.traceID = traceID
        self.clientContext = clientContext
        self.cognitoIdentity = cognitoIdentity
        self.tenantID = tenantID
        self.invocationID = invocationID
        number = 1
        cancellation = InvocationCancellation()
        runtimeLogger = logger
    }

    /// Whether the time for a response is over: the invocation has been answered with an error, shortly before the deadline.
    public var isCancelled: Bool { cancellation.isCancelled(number) }

    /// Writes lines that carry the request id, as Lambda's log format asks.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    public var logger: Logger { runtimeLogger.with(["requestId": requestID]) }

    /// - Parameters:
    ///   - number: of the invocation among those that share `cancellation`.
    ///   - field: the value of a header field.
    /// - Returns: nil when the fields do not name the request: nothing could be answered then.
    init?(
        cancellation: InvocationCancellation, number: UInt64, logger: Logger, field: (StaticString) -> String?
    ) {
        guard let requestID = field("Lambda-Runtime-Aws-Request-Id"), !requestID.isEmpty else { return nil }
        self.requestID = requestID
        deadline = LambdaContext.deadline(
            field("Lambda-Runtime-Deadline-Ms").flatMap { Int64($0) },
            nowMilliseconds: LambdaContext.nowMillisecondsSince1970())
        invokedFunctionARN = field("Lambda-Runtime-Invoked-Function-Arn")
        traceID = field("Lambda-Runtime-Trace-Id")
        clientContext = field("Lambda-Runtime-Client-Context")
        cognitoIdentity = field("Lambda-Runtime-Cognito-Identity")
        tenantID = field("Lambda-Runtime-Aws-Tenant-Id")
        invocationID = field("Lambda-Runtime-Invocation-Id")
        self.number = number
        self.cancellation = cancellation
        runtimeLogger = logger
    }

    /// The context that the header fields of an event stand for.
    init?(_ headers: HeaderFields) {
        self.init(cancellation: InvocationCancellation(), number: 1, logger: Logger(service: "lambda")) { name in
            headers[String(describing: name)]
        }
    }

    /// Calls `body` once, at the cancellation, on another thread; it replaces an earlier one.
    func whenCancelled(_ body: @escaping @Sendable () -> Void) { cancellation.whenCancelled(number, body) }

    /// Ends the time for a response.
    func cancel() { cancellation.cancel(number) }

    /// Lambda names a moment of the wall clock; it becomes one of the monotonic clock as soon as it is read.
    ///
    /// Absent, or too far away to be true, it is the longest that any function may run.
    private static func deadline(_ millisecondsSince1970: Int64?, nowMilliseconds: Int64) -> Deadline {
        guard let millisecondsSince1970 else { return .after(milliseconds: durationMillisecondsMax) }
        guard millisecondsSince1970 > nowMilliseconds else { return .after(milliseconds: 0) }
        let remaining = min(millisecondsSince1970 - nowMilliseconds, Int64(durationMillisecondsMax))
        return .after(milliseconds: Int(remaining))
    }

    /// 15 minutes, by Lambda's quotas.
    private static let durationMillisecondsMax = 900_000

    private static func nowMillisecondsSince1970() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
