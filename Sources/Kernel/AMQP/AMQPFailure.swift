/// Why a broker did not do what it was asked for.
package enum AMQPFailure: Error, Sendable, Hashable {
    /// No connection could be made.
    case unreachable(String)
    /// Its certificate is not vouched for, or is another host's.
    case untrusted(String)
    /// It closed the connection or the channel and said why: 403 for a wrong password, 530 for a missing virtual host, 406 for
    /// something declared otherwise, 320 for an operator who closed it.
    case refused(code: Int, text: String)
    /// The connection broke, or what came over it is not AMQP.
    case lost(String)
    /// It said nothing in time.
    case timedOut
    /// It takes no messages, because it is short of memory or disk.
    case blocked(reason: String)
    /// So many messages of a window were refused by a queue, because it is full or lacks a majority.
    case notTaken(count: Int)
    /// This side was told to stop.
    case stopped
}

extension AMQPFailure: CustomStringConvertible {
    /// A sentence for the log.
    package var description: String {
        switch self {
        case .unreachable(let reason): "The broker cannot be reached: \(reason)."
        case .untrusted(let reason): "The broker's certificate is not trusted: \(reason)."
        case .refused(let code, let text): "The broker refused: \(code) \(text)."
        case .lost(let reason): "The connection to the broker broke: \(reason)."
        case .timedOut: "The broker did not answer in time."
        case .blocked(let reason): "The broker takes no messages: \(reason)."
        case .notTaken(let count): "A queue refused \(count) messages."
        case .stopped: "The connection to the broker is closed."
        }
    }
}

/// A window that was not wholly confirmed; to lose nothing, publish it again.
package enum AMQPPublishError: Error, Sendable, Hashable {
    /// Nothing of it has reached the broker.
    case nothingAccepted(AMQPFailure)
    /// The broker may have some of it, or all. Consumers tell a repetition by the message id.
    case maybeAccepted(AMQPFailure)

    package var failure: AMQPFailure {
        switch self {
        case .nothingAccepted(let failure), .maybeAccepted(let failure): failure
        }
    }
}
