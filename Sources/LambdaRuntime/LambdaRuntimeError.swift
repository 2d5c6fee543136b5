/// Why a Lambda process cannot go on. It ends then, with a status other than 0, and Lambda starts another.
package enum LambdaRuntimeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `AWS_LAMBDA_RUNTIME_API` is not `host:port`.
    case invalidAPIAddress(String)
    /// The HTTP client could not be set up.
    case clientUnavailable(reason: String)
    /// No next event after several attempts in a row.
    case nextFailed(attempts: Int, reason: String)

    package var description: String {
        switch self {
        case .invalidAPIAddress(let address): "The address of the runtime API is not host:port: \"\(address)\"."
        case .clientUnavailable(let reason): "The client of the runtime API could not be set up: \(reason)"
        case .nextFailed(let attempts, let reason):
            "The runtime API gave no next event in \(attempts) attempts: \(reason)"
        }
    }
}
