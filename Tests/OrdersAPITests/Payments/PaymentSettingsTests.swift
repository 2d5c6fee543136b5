import BlockingTesting
import CurlHTTPClient
import Settings
import Telemetry
import Testing

@testable import OrdersAPI

/// What payments are told.
@Suite(.blocking) struct PaymentSettingsTests {
    private func settings(_ values: [String: String]) throws(ConfigurationError) -> PaymentSettings {
        var reader = EnvironmentReader(values)
        let settings = PaymentSettings(&reader)
        return try reader.finish(settings)
    }

    @Test func `without settings payments go to the simulator on this machine`() throws {
        let settings = try settings([:])
        #expect(settings.origin.description == "http://127.0.0.1:3020")
        #expect(settings.key == "sk_test_simulator")
        #expect(settings.currency == "usd")
    }

    @Test(arguments: ["http://localhost:1", "http://[::1]:1", "https://api.stripe.com"])
    func `a gateway is reached encrypted, or on this machine`(url: String) throws {
        let settings = try settings(["PAYMENT_GATEWAY_URL": url, "PAYMENT_GATEWAY_KEY": "sk_live_1", "CURRENCY": "EUR"])
        #expect(settings.origin.description == url)
        #expect(settings.currency == "eur")
    }

    @Test(arguments: [
        (["PAYMENT_GATEWAY_URL": "http://api.stripe.com", "PAYMENT_GATEWAY_KEY": "sk_1"], "PAYMENT_GATEWAY_URL"),
        (["PAYMENT_GATEWAY_URL": "http://127.0.0.1.example", "PAYMENT_GATEWAY_KEY": "sk_1"], "PAYMENT_GATEWAY_URL"),
        (["PAYMENT_GATEWAY_URL": "ftp://localhost"], "PAYMENT_GATEWAY_URL"),
        (["PAYMENT_GATEWAY_URL": "https://api.stripe.com"], "PAYMENT_GATEWAY_KEY"),
        (
            ["PAYMENT_GATEWAY_URL": "https://api.stripe.com", "PAYMENT_GATEWAY_KEY": "sk_test_simulator"],
            "PAYMENT_GATEWAY_KEY"
        ),
        (["PAYMENT_GATEWAY_KEY": "sk test"], "PAYMENT_GATEWAY_KEY"),
        (["PAYMENT_TIMEOUT_MS": "99"], "PAYMENT_TIMEOUT_MS"),
        (["PAYMENT_TIMEOUT_MS": "25001"], "PAYMENT_TIMEOUT_MS"), (["CURRENCY": "dollar"], "CURRENCY"),
        (["CURRENCY": "jpy"], "CURRENCY"), (["CURRENCY": "kwd"], "CURRENCY"),
    ])
    func `a mistake is told with its setting`(values: [String: String], name: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings(values) }
        #expect(error?.mistakes.count == 1, "\(error?.mistakes ?? [])")
        #expect(error?.mistakes.first?.hasPrefix(name) == true, "\(error?.mistakes ?? [])")
    }

    @Test func `a key is one order's, one step's and one generation's, for ever`() {
        let placedAt = Timestamp(microsecondsSince1970: 1)
        let key = PaymentKey(.capture, orderID: 17, placedAt: placedAt)
        // Kept by the gateway for a day: another form would charge again.
        #expect(key.text == "orders-capture-o6lPNuEVEi_VBmpiqlhGA5WtpIHaWzesrsdKC6k9BUU")
        let others = [
            PaymentKey(.confirm, orderID: 17, placedAt: placedAt),
            PaymentKey(.capture, orderID: 18, placedAt: placedAt),
            PaymentKey(.capture, orderID: 17, placedAt: Timestamp(microsecondsSince1970: 2)),
            PaymentKey(.capture, orderID: 17, placedAt: placedAt, generation: 1),
        ]
        #expect(Set(([key] + others).map(\.text)).count == 5)
    }
}
