/// Why the gateway did not do what it was asked for.
///
/// Each case says what is known of the payment, since that decides what may follow. Only `declined` and `invalid` tell that this
/// request will never be accepted; `outcomeUnknown` is never made of a 4xx.
enum PaymentError: Error, Sendable, Equatable {
    /// The payment was refused for good, and nothing is held: the card's or the bank's reason, or `authentication_required`.
    case declined(code: String)
    /// The request was sent, and no usable answer came (a 5xx, a time-out, a reset, an unreadable body): it may have been done or not.
    ///
    /// - Parameter isKept: whether the gateway repeated an answer that it keeps under this key. Then the key brings nothing else for a
    ///   day; the intent, asked for by id, tells what came of it.
    case outcomeUnknown(isKept: Bool, reason: String)
    /// The request certainly never left. The same key may be sent again.
    case notSent(reason: String)
    /// Another request with this key, or for this intent, is under way. The same key may be sent again.
    case inProgress
    /// Too many requests, or a failure that had the gateway refuse this one. The same key may be sent again, after so many seconds where the gateway names them.
    case throttled(retryAfterSeconds: Int?)
    /// The gateway does not know this key of ours, or does not let it do this. It says nothing of the payment: to be tried again later,
    /// with an alert, and never a reason to reject an order.
    case unauthorized(detail: String)
    /// Something that is not the gateway answered: a wrong `PAYMENT_GATEWAY_URL`, or a proxy between. To be treated as `unauthorized`.
    case notTheGateway(detail: String)
    /// The idempotency key was used for other parameters: a mistake of this program.
    case keyMismatch
    /// No intent has this id.
    case notFound
    /// The intent's state does not allow it: it was captured, canceled, or let go after seven days. Nothing was changed.
    ///
    /// - Parameter status: the one that it has, where the gateway says.
    case unexpectedState(PaymentIntent.Status?)
    /// The gateway will never take these values: an amount out of range, a way of payment that does not exist. Nothing was changed.
    case invalid(code: String?, detail: String)

    /// Whether it tells of trouble at the gateway or on the way there, which calls after it are likely to meet too: what the circuit counts as a failure.
    var isOutage: Bool {
        switch self {
        case .outcomeUnknown(isKept: false, reason: _), .notSent, .throttled: true
        case .outcomeUnknown(isKept: true, reason: _), .declined, .inProgress, .unauthorized, .notTheGateway,
            .keyMismatch,
            .notFound, .unexpectedState, .invalid:
            false
        }
    }

    /// Whether somebody has to look at the settings or at this program before it can work.
    var needsOperator: Bool {
        switch self {
        case .unauthorized, .notTheGateway, .keyMismatch: true
        case .declined, .outcomeUnknown, .notSent, .inProgress, .throttled, .notFound, .unexpectedState, .invalid:
            false
        }
    }

    /// One sentence for the log and for `last_error`; it holds no key and nothing of a card.
    var message: String {
        switch self {
        case .declined(let code): "The payment was declined: \(code)."
        case .outcomeUnknown(let isKept, let reason):
            "Whether the gateway did it is not known\(isKept ? ", and its key tells nothing new" : ""): \(reason)"
        case .notSent(let reason): reason
        case .inProgress: "The gateway is still working on it."
        case .throttled: "The gateway takes no more requests now."
        case .unauthorized(let detail): "The gateway refuses PAYMENT_GATEWAY_KEY: \(detail)"
        case .notTheGateway(let detail): "What answers at PAYMENT_GATEWAY_URL is not the gateway: \(detail)"
        case .keyMismatch: "The idempotency key was used for other values."
        case .notFound: "The gateway knows no payment of this id."
        case .unexpectedState(let status):
            "The payment's state does not allow it\(status.map { ": \($0)" } ?? "")."
        case .invalid(let code, let detail): "The gateway refuses the request (\(code ?? "no code")): \(detail)"
        }
    }
}
