/// Why a stream takes no more.
public enum LambdaStreamError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The invocation's time is over and the stream has been ended with an error.
    case canceled
    /// The handler has returned.
    case ended
    /// `begin` after the stream had begun, by itself or with the first bytes.
    case begunBefore
    /// More than Lambda streams in one response, in bytes.
    case tooLarge(bytesMax: Int)
    /// Two threads wrote at once.
    case usedConcurrently
    /// The connection broke, or Lambda refused the response.
    case interrupted(reason: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .canceled: "The invocation's time is over."
        case .ended: "The handler has returned already."
        case .begunBefore: "The stream has begun already."
        case .tooLarge(let bytesMax): "The stream is larger than \(bytesMax) bytes."
        case .usedConcurrently: "Two threads wrote to the stream at once."
        case .interrupted(let reason): "The stream was interrupted: \(reason)"
        }
    }
}
