import BlockingTesting
import HTTPMessages
import Testing

@testable import OrdersAPI

/// What each answer of a gateway means.
@Suite(.blocking) struct PaymentReplyTests {
    private func error(_ status: Int, _ body: String, _ headers: HeaderFields = [:]) -> PaymentError? {
        do throws(PaymentError) {
            _ = try PaymentReply(Response(Status(status), headers: headers, body: Array(body.utf8))).intent()
            return nil
        } catch { return error }
    }

    private func body(_ type: String, _ members: String = "") -> String {
        #"{"error":{"type":"\#(type)","message":"m"\#(members)}}"#
    }

    @Test func `each refusal is told apart`() {
        for (status, text, expected) in [
            (
                402, body("card_error", #","code":"card_declined","decline_code":"lost_card""#),
                PaymentError.declined(code: "lost_card")
            ),
            (402, body("card_error", #","code":"expired_card""#), .declined(code: "expired_card")),
            (401, body("invalid_request_error"), .unauthorized(detail: "m")),
            (403, body("invalid_request_error"), .unauthorized(detail: "m")),
            (401, "", .unauthorized(detail: "it answered 401.")),
            (403, "<html>", .unauthorized(detail: "it answered 403.")),
            (409, body("idempotency_error", #","code":"idempotency_key_in_use""#), .inProgress),
            (429, body("invalid_request_error", #","code":"lock_timeout""#), .inProgress),
            (429, body("invalid_request_error", #","code":"rate_limit""#), .throttled(retryAfterSeconds: nil)),
            (429, "slow down", .throttled(retryAfterSeconds: nil)),
            (424, body("api_error"), .throttled(retryAfterSeconds: nil)),
            (400, body("idempotency_error"), .keyMismatch),
            (404, body("invalid_request_error", #","code":"resource_missing","param":"intent""#), .notFound),
            (400, body("invalid_request_error", #","code":"resource_missing","param":"payment_intent""#), .notFound),
            (
                404, body("invalid_request_error", #","code":"resource_missing","param":"payment_method""#),
                .invalid(code: "resource_missing", detail: "m")
            ),
            (
                400,
                body(
                    "invalid_request_error",
                    #","code":"payment_intent_unexpected_state","payment_intent":{"status":"canceled"}"#),
                .unexpectedState(.canceled)
            ),
            (400, body("invalid_request_error", #","code":"charge_already_refunded""#), .unexpectedState(nil)),
            (
                400, body("invalid_request_error", #","code":"amount_too_small""#),
                .invalid(code: "amount_too_small", detail: "m")
            ),
            (404, "not here", .notTheGateway(detail: "it answered 404, without an error of the gateway's form.")),
            (302, "", .notTheGateway(detail: "it answered 302, without an error of the gateway's form.")),
            (402, "pay first", .notTheGateway(detail: "it answered 402, without an error of the gateway's form.")),
        ] {
            #expect(error(status, text) == expected, "\(status) \(text)")
        }
        #expect(error(429, "", ["Retry-After": "7"]) == .throttled(retryAfterSeconds: 7))
    }

    @Test func `no 4xx is an unknown outcome, whatever its body`() {
        let bodies = [
            "", "{", "null", "[]", "<html>", #"{"error":null}"#, #"{"error":{}}"#, #"{"error":{"type":7}}"#,
            body("api_error"), body("card_error"), body("idempotency_error"), body("invalid_request_error"),
            body("a_new_one"),
        ]
        for status in 400..<500 {
            for text in bodies {
                switch error(status, text) {
                case .outcomeUnknown, nil: Issue.record("\(status) \(text)")
                // Only Stripe's own word is a decline.
                case .declined: #expect(status == 402 && text == body("card_error"))
                default: break
                }
            }
        }
    }

    @Test func `what is no usable answer is an unknown outcome`() {
        let intent = #"{"object":"payment_intent","id":"pi_1","status":"succeeded","amount":1,"amount_received":1"#
        for (status, text) in [
            (500, ""), (500, body("card_error", #","code":"card_declined""#)), (502, "<html>"), (503, ""), (504, ""),
            (599, ""),
            (200, ""), (200, "{}"), (200, "<html>"), (200, #"{"object":"charge","id":"pi_1"}"#),
            (200, intent + #","latest_charge":"ch_1"}"#), (200, intent.replacing("pi_1", with: "pi/1") + "}"),
            (202, "[]"),
        ] {
            guard case .outcomeUnknown(isKept: false, _) = error(status, text) else {
                Issue.record("\(status) \(text): \(String(describing: error(status, text)))")
                continue
            }
        }
        guard case .outcomeUnknown(isKept: true, _) = error(500, "", ["Idempotent-Replayed": "true"]) else {
            Issue.record("A kept 500 is not told as such.")
            return
        }
        #expect(error(200, intent + "}") == nil)
    }

    @Test func `a status that is not known yet is kept as it is`() throws {
        let text = #"{"object":"payment_intent","id":"pi_1","status":"requires_magic","amount":1,"amount_received":0}"#
        let intent = try PaymentReply(Response(.ok, body: Array(text.utf8))).intent(id: "pi_1")
        #expect(intent.status == .unknown("requires_magic"))
        #expect(throws: PaymentError.self) {
            try PaymentReply(Response(.ok, body: Array(text.utf8))).intent(id: "pi_2")
        }
    }

    @Test func `a refund that has failed gave nothing back`() {
        let text =
            #"{"object":"refund","status":"failed","failure_reason":"expired_or_canceled_card","payment_intent":{}}"#
        #expect(throws: PaymentError.invalid(code: "expired_or_canceled_card", detail: "The refund is failed.")) {
            try PaymentReply(Response(.ok, body: Array(text.utf8))).refundedIntent(id: "pi_1")
        }
    }
}
