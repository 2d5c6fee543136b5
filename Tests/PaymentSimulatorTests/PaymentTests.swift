import BlockingTesting
import HTTPMessages
import JSON
import SystemTesting
import Testing

/// What becomes of a payment.
@Suite(.blocking) struct PaymentTests {
    @Test func `a payment is made, held, captured and given back, as the ledger tells`() throws {
        let simulator = try Simulator()
        let id = try simulator.intent()
        #expect(try simulator.get("payment_intents/\(id)").outcome == "200 requires_confirmation")
        #expect(try simulator.ledger() == ["0×0 0×0 0×0 0×0"])
        let held = try simulator.post("payment_intents/\(id)/confirm", "expand[0]=latest_charge")
        #expect(held.outcome == "200 requires_capture")
        #expect(held.json["amount_capturable"] == .integer(2580))
        #expect(held.json["latest_charge"]?["amount_refunded"] == .integer(0))
        #expect(held.json["metadata"]?["order_id"] == .string("17"))
        #expect(try simulator.ledger() == ["1×2580 0×0 0×0 0×0"])
        let captured = try simulator.post("payment_intents/\(id)/capture", "amount_to_capture=2580")
        #expect(captured.outcome == "200 succeeded")
        #expect(captured.json["amount_received"] == .integer(2580))
        let part = try simulator.post("refunds", "payment_intent=\(id)&amount=80&expand[]=payment_intent.latest_charge")
        #expect(part.outcome == "200 succeeded")
        #expect(part.json["payment_intent"]?["latest_charge"]?["amount_refunded"] == .integer(80))
        #expect(try simulator.post("refunds", "payment_intent=\(id)").json["amount"] == .integer(2500))
        #expect(try simulator.ledger() == ["1×2580 1×2580 2×2580 0×0"])
    }

    @Test func `with automatic capture the confirmation takes the amount`() throws {
        let simulator = try Simulator()
        let id = try simulator.intent(capture: "automatic")
        #expect(try simulator.post("payment_intents/\(id)/confirm").outcome == "200 succeeded")
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
    }

    @Test func `a hold that is canceled is let go, and the charge counts it as refunded`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        let canceled = try simulator.post(
            "payment_intents/\(id)/cancel", "cancellation_reason=abandoned&expand[]=latest_charge")
        #expect(canceled.outcome == "200 canceled")
        #expect(canceled.json["cancellation_reason"] == .string("abandoned"))
        #expect(canceled.json["latest_charge"]?["amount_refunded"] == .integer(2580))
        #expect(canceled.json["amount_received"] == .integer(0))
        #expect(try simulator.ledger() == ["1×2580 0×0 0×0 1×2580"])
    }

    @Test func `a part is captured once, and the rest let go`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        let captured = try simulator.post(
            "payment_intents/\(id)/capture", "amount_to_capture=2000&expand[]=latest_charge")
        #expect(captured.json["amount_received"] == .integer(2000))
        #expect(captured.json["latest_charge"]?["amount_refunded"] == .integer(580))
        #expect(
            try simulator.post("payment_intents/\(id)/capture").outcome
                == "400 invalid_request_error payment_intent_unexpected_state")
        #expect(try simulator.ledger() == ["1×2580 1×2000 0×0 0×0"])
    }

    @Test(arguments: [
        ("pm_card_visa", "200 requires_capture"), ("pm_card_mastercard", "200 requires_capture"),
        ("pm_card_chargeDeclined", "402 card_error card_declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "402 card_error card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "402 card_error expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "402 card_error processing_error"),
        ("pm_card_authenticationRequired", "200 requires_action"),
    ])
    func `the payment method decides what becomes of it`(method: String, outcome: String) throws {
        let simulator = try Simulator()
        let id = try simulator.intent(method: method)
        let reply = try simulator.post("payment_intents/\(id)/confirm")
        #expect(reply.outcome == outcome)
        if reply.status == 402 {
            #expect(reply.json["error"]?["payment_intent"]?["status"] == .string("requires_payment_method"))
            let found = try simulator.get("payment_intents/\(id)")
            #expect(found.json["last_payment_error"]?["decline_code"] == reply.json["error"]?["decline_code"])
            #expect(try simulator.ledger() == ["0×0 0×0 0×0 0×0"])
            // Another card may still pay.
            #expect(
                try simulator.post("payment_intents/\(id)/confirm", "payment_method=pm_card_visa").outcome
                    == "200 requires_capture")
        }
    }

    @Test func `a payment that needs the customer is declined where nobody is there`() throws {
        let simulator = try Simulator()
        let id = try simulator.intent(method: "pm_card_authenticationRequired")
        let reply = try simulator.post("payment_intents/\(id)/confirm", "error_on_requires_action=true")
        #expect(reply.outcome == "402 card_error authentication_required")
        let waiting = try simulator.intent(method: "pm_card_authenticationRequired")
        #expect(try simulator.post("payment_intents/\(waiting)/confirm").outcome == "200 requires_action")
        #expect(try simulator.post("payment_intents/\(waiting)/confirm").outcome == "200 requires_action")
        #expect(try simulator.post("payment_intents/\(waiting)/cancel").outcome == "200 canceled")
    }

    @Test func `what a payment's state does not allow is refused, and moves no money`() throws {
        let simulator = try Simulator()
        let state = "400 invalid_request_error payment_intent_unexpected_state"
        func refused(_ order: Int64, _ id: String, _ path: String, _ form: String, _ outcome: String) throws {
            let before = try simulator.ledger(order: order)
            let reply = try simulator.post(path.replacing("{id}", with: id), form)
            #expect(reply.outcome == outcome, "\(path) \(form)")
            #expect(try simulator.ledger(order: order) == before)
        }
        let fresh = try simulator.intent(order: 1)
        try refused(1, fresh, "payment_intents/{id}/capture", "", state)
        try refused(1, fresh, "refunds", "payment_intent=\(fresh)", state)
        let held = try simulator.heldIntent(order: 2)
        try refused(2, held, "payment_intents/{id}/confirm", "", state)
        try refused(
            2, held, "payment_intents/{id}/capture", "amount_to_capture=2581",
            "400 invalid_request_error amount_too_large")
        try refused(2, held, "refunds", "payment_intent=\(held)", state)
        let canceled = try simulator.heldIntent(order: 3)
        _ = try simulator.post("payment_intents/\(canceled)/cancel")
        for step in ["confirm", "capture", "cancel"] {
            try refused(3, canceled, "payment_intents/{id}/\(step)", "", state)
        }
        try refused(3, canceled, "refunds", "payment_intent=\(canceled)", state)
        let captured = try simulator.heldIntent(order: 4)
        _ = try simulator.post("payment_intents/\(captured)/capture")
        for step in ["confirm", "capture", "cancel"] {
            try refused(4, captured, "payment_intents/{id}/\(step)", "", state)
        }
        try refused(4, captured, "refunds", "payment_intent=\(captured)&amount=2581", "400 invalid_request_error -")
        _ = try simulator.post("refunds", "payment_intent=\(captured)")
        try refused(
            4, captured, "refunds", "payment_intent=\(captured)",
            "400 invalid_request_error charge_already_refunded")
        let unpaid = try simulator.post("payment_intents", "amount=100&currency=usd").json["id"]?.string ?? ""
        #expect(try simulator.post("payment_intents/\(unpaid)/confirm").outcome == state)
    }

    @Test func `a payment that does not exist is told as Stripe tells it`() throws {
        let simulator = try Simulator()
        let missing = "404 invalid_request_error resource_missing"
        for id in ["pi_0", "%C3%A9", "pi_%00", "%F0%9F%92%B3", "'", String(repeating: "x", count: 5000)] {
            #expect(try simulator.get("payment_intents/\(id)").outcome == missing, "\(id)")
            #expect(try simulator.post("refunds", "payment_intent=\(id)").outcome == missing, "\(id)")
        }
        for step in ["confirm", "capture", "cancel"] {
            #expect(try simulator.post("payment_intents/pi_0/\(step)").outcome == missing)
        }
    }
}
