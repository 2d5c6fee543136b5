/// The ways that an asynchronous order can go.
enum AsyncScenario: String, CaseIterable, Sendable {
    case paid
    /// Costs nothing.
    case free
    case declined
    case shortage
    /// Canceled when its amount may be held: VOID.
    case canceledWhileHeld = "canceled while held"
    /// Canceled once it is confirmed: REFUND.
    case canceledAfterwards = "canceled afterwards"

    /// How it has to end.
    var end: (status: String, reason: String?) {
        switch self {
        case .paid, .free: ("CONFIRMED", nil)
        case .declined: ("REJECTED", "payment-declined")
        case .shortage: ("REJECTED", "insufficient-stock")
        case .canceledWhileHeld, .canceledAfterwards: ("CANCELED", "requested")
        }
    }

    /// What the payment simulator is told to do meanwhile.
    var gatewayFaults: String {
        switch self {
        // The amount is held, and nobody knows: it is asked for a second later, and canceled before.
        case .canceledWhileHeld: #"{"faults":[{"operation":"confirm","fault":"lose-reply","count":1}]}"#
        case .paid, .free, .declined, .shortage, .canceledAfterwards: #"{"faults":[]}"#
        }
    }
}

/// Where the steps are done.
enum AsyncArrangement: String, CaseIterable, Sendable {
    /// By the service that takes the orders.
    case together
    /// By two workers.
    case apart
}
