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
    /// Given up by an operator when its amount may be held.
    case discarded
    /// Nobody knows in time whether its amount is held.
    case late
    /// Nobody knows in time whether its amount is taken: DEAD, until an operator has it tried again.
    case redriven

    struct End: Sendable, Equatable {
        let status: String
        var reason: String?
    }

    /// How it may end. Where a fault lets time go by, somebody may have finished it before anything was done to it.
    var ends: [End] {
        let confirmed = End(status: "CONFIRMED")
        return switch self {
        case .paid, .free, .redriven: [confirmed]
        case .declined: [End(status: "REJECTED", reason: "payment-declined")]
        case .shortage: [End(status: "REJECTED", reason: "insufficient-stock")]
        case .canceledWhileHeld, .canceledAfterwards: [End(status: "CANCELED", reason: "requested")]
        case .discarded: [End(status: "REJECTED", reason: "discarded"), confirmed]
        case .late: [End(status: "REJECTED", reason: "payment-timeout"), confirmed]
        }
    }

    /// What the payment simulator is told to do meanwhile: the effect is there, and nobody knows.
    var gatewayFaults: String {
        func faults(_ faults: (operation: String, fault: String)...) -> String {
            let rules = faults.map { #"{"operation":"\#($0.operation)","fault":"\#($0.fault)","count":1}"# }
            return #"{"faults":[\#(rules.joined(separator: ","))]}"#
        }
        return switch self {
        case .paid, .free, .declined, .shortage, .canceledAfterwards: faults()
        case .canceledWhileHeld, .discarded: faults(("confirm", "lose-reply"))
        case .late: faults(("confirm", "lose-reply"), ("find", "500-before-effect"))
        case .redriven: faults(("capture", "lose-reply"), ("find", "500-before-effect"))
        }
    }

    /// The step at whose second attempt something is done to it.
    var interruptedStep: String? {
        switch self {
        case .paid, .free, .declined, .shortage, .canceledAfterwards: nil
        case .canceledWhileHeld, .discarded, .late: "AUTHORIZE"
        case .redriven: "CAPTURE"
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
