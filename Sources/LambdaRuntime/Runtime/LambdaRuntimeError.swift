/// Why a Lambda process cannot go on. It ends then, with a status other than 0, and Lambda starts another.
public enum LambdaRuntimeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The environment has no `AWS_LAMBDA_RUNTIME_API`, so the process does not run in Lambda.
    case missingAPIAddress
    /// `AWS_LAMBDA_RUNTIME_API` is not `host:port`.
    case invalidAPIAddress(String)
    /// `AWS_LAMBDA_MAX_CONCURRENCY` is not a number in the range that Lambda has for it.
    case invalidConcurrency(String)
    /// No next event after several attempts in a row.
    case nextFailed(attempts: Int, reason: String)
    /// So many handlers ignore their cancellation that nothing but a new process helps.
    case handlersStuck(count: Int)
    /// The system has no thread for a loop.
    case threadUnavailable

    /// One sentence for the log and for whoever invokes the function.
    public var description: String {
        switch self {
        case .missingAPIAddress:
            "AWS_LAMBDA_RUNTIME_API is not set: this program runs in AWS Lambda, or under its emulator."
        case .invalidAPIAddress(let address): "The address of the runtime API is not host:port: \"\(address)\"."
        case .invalidConcurrency(let text):
            "AWS_LAMBDA_MAX_CONCURRENCY is not a number from 1 to \(LambdaRuntimeConfiguration.concurrencyMax): \"\(text)\"."
        case .nextFailed(let attempts, let reason):
            "The runtime API gave no next event in \(attempts) attempts: \(reason)"
        case .handlersStuck(let count): "\(count) handlers go on after their cancellation."
        case .threadUnavailable: "The system gave no thread for a loop."
        }
    }
}
