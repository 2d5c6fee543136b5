/// Stripe's test cards, as far as the simulator has them: the way of payment decides what becomes of a payment.
enum TestCard: Sendable, Equatable {
    /// Why a bank said no.
    struct Decline: Sendable, Equatable {
        let code: String
        let declineCode: String
    }

    case accepted
    case declined(Decline)
    /// The customer would have to identify themselves (3-D Secure).
    case needsAuthentication

    /// Nil for a way of payment that does not exist.
    init?(_ method: String) {
        switch method {
        case "pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard", "pm_card_amex", "pm_card_discover":
            self = .accepted
        case "pm_card_authenticationRequired": self = .needsAuthentication
        default:
            guard let decline = TestCard.declines[method] else { return nil }
            self = .declined(decline)
        }
    }

    static let authenticationRequired = Decline(
        code: "authentication_required", declineCode: "authentication_required")

    private static let declines: [String: Decline] = [
        "pm_card_chargeDeclined": Decline(code: "card_declined", declineCode: "generic_decline"),
        "pm_card_visa_chargeDeclined": Decline(code: "card_declined", declineCode: "generic_decline"),
        "pm_card_chargeDeclinedInsufficientFunds": Decline(code: "card_declined", declineCode: "insufficient_funds"),
        "pm_card_visa_chargeDeclinedInsufficientFunds": Decline(
            code: "card_declined", declineCode: "insufficient_funds"),
        "pm_card_visa_chargeDeclinedLostCard": Decline(code: "card_declined", declineCode: "lost_card"),
        "pm_card_visa_chargeDeclinedStolenCard": Decline(code: "card_declined", declineCode: "stolen_card"),
        "pm_card_chargeDeclinedExpiredCard": Decline(code: "expired_card", declineCode: "expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc": Decline(code: "incorrect_cvc", declineCode: "incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError": Decline(code: "processing_error", declineCode: "processing_error"),
    ]
}
