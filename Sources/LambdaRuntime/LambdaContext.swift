private import Glibc
import HTTPTypes
public import Resilience

/// What Lambda says about one invocation besides its event.
public struct LambdaContext: Sendable {
    /// Of this invocation; the same when Lambda repeats it.
    public let requestID: String
    /// When Lambda ends the process if there is no response.
    public let deadline: Deadline
    /// The name by which the function was invoked, its version or alias included.
    public let invokedFunctionARN: String?
    /// In the form of the `X-Amzn-Trace-Id` header.
    public let traceID: String?
    /// JSON, from a mobile SDK.
    public let clientContext: String?
    /// JSON, from a mobile SDK.
    public let cognitoIdentity: String?
    /// Of a function that keeps its tenants apart.
    public let tenantID: String?
    /// Tells two deliveries of one request id apart; to be sent back with the response.
    public let invocationID: String?

    /// - Returns: nil when the fields do not name the request: nothing could be answered then.
    init?(_ headers: HeaderFields) {
        guard let requestID = headers["Lambda-Runtime-Aws-Request-Id"], !requestID.isEmpty else { return nil }
        self.requestID = requestID
        deadline = LambdaContext.deadline(
            headers["Lambda-Runtime-Deadline-Ms"].flatMap { Int64($0) },
            nowMilliseconds: LambdaContext.nowMillisecondsSince1970())
        invokedFunctionARN = headers["Lambda-Runtime-Invoked-Function-Arn"]
        traceID = headers["Lambda-Runtime-Trace-Id"]
        clientContext = headers["Lambda-Runtime-Client-Context"]
        cognitoIdentity = headers["Lambda-Runtime-Cognito-Identity"]
        tenantID = headers["Lambda-Runtime-Aws-Tenant-Id"]
        invocationID = headers["Lambda-Runtime-Invocation-Id"]
    }

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
