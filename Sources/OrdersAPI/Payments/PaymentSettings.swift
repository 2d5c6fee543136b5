import CurlHTTPClient
import Resilience
import Settings

/// Where payments are made, and how.
struct PaymentSettings: Sendable {
    /// What the simulator takes on one's own machine; refused for any other address.
    static let exampleKey: Secret = "sk_test_simulator"

    let origin: Origin
    /// The gateway's secret key.
    let key: Secret
    let timeoutMilliseconds: Int
    /// ISO 4217 in lower case; one whose hundredths are its smallest unit.
    let currency: String
    let circuit: CircuitBreaker.Settings

    /// 5 s: a payment takes one or two.
    private static let slowMilliseconds = 5000
    /// 8: as many threads as wait for it by default. A gateway that has stalled is left alone after each has waited once.
    private static let circuitCallsMin = 8

    /// - Returns: nil where there is a mistake; the reader tells of it.
    init?(_ reader: inout EnvironmentReader) {
        let origin = reader.origin(
            "PAYMENT_GATEWAY_URL", default: "http://127.0.0.1:3020",
            "Where payments are made: the simulator on this machine, or https://api.stripe.com.")
        let key = reader.secret(
            "PAYMENT_GATEWAY_KEY",
            "The payment gateway's secret key (default on loopback: \(PaymentSettings.exampleKey.revealed)).")
        timeoutMilliseconds = reader.integer(
            "PAYMENT_TIMEOUT_MS", default: 10_000, in: 100...25_000,
            "How long the payment gateway may take for one answer; less than the 30 s for which a worker has an order.")
        circuit = reader.circuit(
            "PAYMENT", "the payment gateway", slowMilliseconds: PaymentSettings.slowMilliseconds,
            callsMin: PaymentSettings.circuitCallsMin)
        let currency = reader.text(
            "CURRENCY", default: "usd",
            "The currency of all prices (ISO 4217); one of hundredths, since prices are counted in them."
        )
        .lowercased()
        self.currency = currency
        self.key = key ?? PaymentSettings.exampleKey
        if !PaymentSettings.isCurrencyOfHundredths(currency) {
            reader.reject("CURRENCY", "must be three letters of a currency whose hundredths are its smallest unit")
        }
        if let key, !key.revealed.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
            reader.reject("PAYMENT_GATEWAY_KEY", "must be visible ASCII characters")
        }
        guard let origin else { return nil }
        self.origin = origin
        if !origin.isLoopback, !origin.isEncrypted {
            reader.reject("PAYMENT_GATEWAY_URL", "must be one of https, unless it is a loopback address")
        }
        if !origin.isLoopback, key == nil || key == PaymentSettings.exampleKey {
            reader.reject("PAYMENT_GATEWAY_KEY", "must be set to a key of your own for a gateway on another machine")
        }
    }

    private static func isCurrencyOfHundredths(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
            && !currenciesOfOtherUnits.contains(text)
    }

    /// Those that the gateway counts in wholes, and those that it counts in thousandths: an amount of hundredths would be a hundred times
    /// too large, or a tenth.
    private static let currenciesOfOtherUnits: Set<String> = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
        "bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd",
    ]
}
