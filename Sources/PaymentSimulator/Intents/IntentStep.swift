import Telemetry

/// What a request has the gateway do.
enum IntentEffect: Sendable {
    case create(Intent.Draft)
    case change(id: String, IntentStep)
}

/// What can be done with an intent.
enum IntentStep: Sendable {
    /// - Parameters:
    ///   - method: in place of the one that it has.
    ///   - declinesAction: whether a payment that needs the customer is declined.
    case confirm(method: String?, declinesAction: Bool)
    /// Nil for all that is held.
    case capture(amount: Int64?)
    case cancel(reason: String?)
    /// Nil for all that is left.
    case refund(amount: Int64?)

    /// The parameter that names the intent.
    var idParameter: String {
        switch self {
        case .confirm, .capture, .cancel: "intent"
        case .refund: "payment_intent"
        }
    }
}

/// What a step did: what the ledger is to tell of it, and what the client is.
struct IntentTransition {
    var entries: [LedgerEntry] = []
    /// A step that was done and yet refused: a payment that was declined.
    var refusal: GatewayError?
    /// The money that was given back.
    var refund: Refund?

    func answer(_ intent: Intent, at now: Timestamp) -> IntentAnswer {
        if var refusal {
            refusal.intent = intent
            return .refused(refusal)
        }
        return refund.map { .refund($0, of: intent, at: now) } ?? .intent(intent)
    }
}

/// Money that was given back.
struct Refund: Sendable {
    let id: String
    let amount: Int64
}

// The one place where an intent changes.
extension Intent {
    /// - Throws: the 400 where its state does not allow the step; then nothing has changed.
    mutating func apply(_ step: IntentStep, at now: Timestamp) throws(GatewayError) -> IntentTransition {
        switch step {
        case .confirm(let method, let declinesAction): try confirm(method, declinesAction: declinesAction, at: now)
        case .capture(let amount): try capture(amount)
        case .cancel(let reason): try cancel(reason ?? "requested_by_customer", at: now)
        case .refund(let amount): try refund(amount)
        }
    }

    private mutating func confirm(
        _ given: String?, declinesAction: Bool, at now: Timestamp
    ) throws(GatewayError) -> IntentTransition {
        switch status {
        case .requiresConfirmation, .requiresPaymentMethod: break
        case .requiresAction: return IntentTransition()
        case .requiresCapture, .succeeded, .canceled:
            throw .unexpectedState(
                self, "You cannot confirm this PaymentIntent because it has a status of \(status.rawValue).")
        }
        guard let given = given ?? (status == .requiresConfirmation ? method : nil), let card = TestCard(given) else {
            throw .unexpectedState(self, "You cannot confirm this PaymentIntent because it's missing a payment method.")
        }
        method = given
        switch card {
        case .accepted:
            decline = nil
            chargeID = Identifier.make("ch")
            authorizedAt = now
            if draft.captureMethod == .manual {
                status = .requiresCapture
                capturable = draft.amount
                return IntentTransition(entries: [LedgerEntry(.authorization, draft.amount)])
            }
            status = .succeeded
            received = draft.amount
            return IntentTransition(
                entries: [LedgerEntry(.authorization, draft.amount), LedgerEntry(.capture, draft.amount)])
        case .declined(let reason): return declined(reason)
        case .needsAuthentication where declinesAction: return declined(TestCard.authenticationRequired)
        case .needsAuthentication:
            status = .requiresAction
            return IntentTransition()
        }
    }

    private mutating func declined(_ reason: TestCard.Decline) -> IntentTransition {
        status = .requiresPaymentMethod
        decline = reason
        return IntentTransition(refusal: reason.error)
    }

    private mutating func capture(_ amount: Int64?) throws(GatewayError) -> IntentTransition {
        guard status == .requiresCapture else {
            throw .unexpectedState(
                self, "This PaymentIntent could not be captured because it has a status of \(status.rawValue).")
        }
        let amount = amount ?? capturable
        guard amount <= capturable else {
            throw .invalid(
                "amount_to_capture", code: "amount_too_large",
                "The amount to capture is greater than the amount that you can capture: \(capturable).")
        }
        status = .succeeded
        received = amount
        capturable = 0
        return IntentTransition(entries: [LedgerEntry(.capture, amount)])
    }

    private mutating func cancel(_ reason: String, at now: Timestamp) throws(GatewayError) -> IntentTransition {
        switch status {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction, .requiresCapture: break
        case .succeeded, .canceled:
            throw .unexpectedState(
                self, "You cannot cancel this PaymentIntent because it has a status of \(status.rawValue).")
        }
        let released = capturable
        status = .canceled
        capturable = 0
        cancellationReason = reason
        canceledAt = now
        return IntentTransition(entries: [LedgerEntry(.cancellation, released)])
    }

    private mutating func refund(_ amount: Int64?) throws(GatewayError) -> IntentTransition {
        guard status == .succeeded else {
            throw .unexpectedState(self, "This PaymentIntent does not have a successful charge to refund.")
        }
        let rest = received - refunded
        guard rest > 0 else {
            throw .invalid(nil, code: "charge_already_refunded", "The charge has already been refunded.")
        }
        let amount = amount ?? rest
        guard amount <= rest else {
            throw .invalid("amount", "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(rest)).")
        }
        refunded += amount
        return IntentTransition(
            entries: [LedgerEntry(.refund, amount)], refund: Refund(id: Identifier.make("re"), amount: amount))
    }
}

extension TestCard.Decline {
    var error: GatewayError {
        GatewayError(
            status: 402, type: .card, code: code, message: "Your card was declined.", declineCode: declineCode)
    }
}
