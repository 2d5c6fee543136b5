/// Why a request has no reply.
///
/// What matters to a caller is whether the other side may have acted on it: only a request that certainly never left may
/// be sent again without an idempotency key.
package enum TransportError: Error, Sendable, Equatable {
    /// The name did not resolve, nobody listened, the connection or the TLS handshake did not come about in time.
    case notSent(reason: String)
    /// The connection broke, or no usable reply came within the time of one attempt.
    case maybeSent(reason: String)
    /// The deadline passed.
    case deadlineExceeded(maybeSent: Bool)
    /// The reply's body, or its headers, passed the limit.
    case replyTooLarge(bytesMax: Int)
    /// The request was not sent: as many as may are waiting for the service already, and it is slow.
    case tooManyCallers(callersMax: Int)
    /// The request was not sent: the service fails or is slow, and is left alone for so long.
    case circuitOpen(retryAfterMilliseconds: Int)
    /// The request was not sent: this address, the only one there was or the first of several, may not be reached.
    case addressRefused(String)
    /// A method, target or header field that HTTP does not allow; a fault of the caller, so never worth a repetition.
    case invalidRequest(String)

    package var mayHaveBeenSent: Bool {
        switch self {
        case .notSent, .tooManyCallers, .circuitOpen, .addressRefused, .invalidRequest,
            .deadlineExceeded(maybeSent: false):
            false
        case .maybeSent, .replyTooLarge, .deadlineExceeded(maybeSent: true): true
        }
    }

    /// One of few words, for spans and metrics.
    var type: String {
        switch self {
        case .notSent: "not_sent"
        case .maybeSent: "no_reply"
        case .deadlineExceeded: "timeout"
        case .replyTooLarge: "reply_too_large"
        case .tooManyCallers: "too_many_callers"
        case .circuitOpen: "circuit_open"
        case .addressRefused: "address_refused"
        case .invalidRequest: "invalid_request"
        }
    }

    /// Before when there is no point in asking again; nil where nobody knows.
    package var retryAfterSeconds: Int? {
        if case .circuitOpen(let milliseconds) = self { (milliseconds + 999) / 1000 } else { nil }
    }

    /// One sentence for the log; it may name the host, never a header's value or a body.
    package var message: String {
        switch self {
        case .notSent(let reason): "The request was not sent: \(reason)."
        case .maybeSent(let reason): "The request may have been sent but has no reply: \(reason)."
        case .deadlineExceeded(let maybeSent):
            maybeSent
                ? "The deadline passed before the reply came." : "The deadline passed before the request was sent."
        case .replyTooLarge(let bytesMax): "The reply is larger than \(bytesMax) bytes."
        case .tooManyCallers(let callersMax):
            "The request was not sent: \(callersMax) others are waiting for the service, and it is slow."
        case .circuitOpen(let milliseconds):
            "The request was not sent: the service fails or is slow, and is left alone for \(milliseconds) ms."
        case .addressRefused(let address): "The request was not sent: the address \(address) may not be reached."
        case .invalidRequest(let reason): "The request cannot be sent: \(reason)."
        }
    }

    /// This error as the end of several attempts, an earlier one of which may have reached the other side.
    var afterMaybeSent: TransportError {
        switch self {
        case .notSent(let reason): .maybeSent(reason: reason)
        case .deadlineExceeded: .deadlineExceeded(maybeSent: true)
        case .addressRefused(let address): .maybeSent(reason: "the address \(address) may not be reached")
        case .maybeSent, .replyTooLarge, .tooManyCallers, .circuitOpen, .invalidRequest: self
        }
    }
}
