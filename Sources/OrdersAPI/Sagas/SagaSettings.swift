import Settings

/// How asynchronous orders are worked on.
struct SagaSettings: Sendable {
    static let deadlineMinutesDefault = 15

    let payments: PaymentSettings
    /// The way of payment of orders that name none.
    let paymentMethodDefault: String
    let deadlineMinutes: Int
    let threadsMax: Int
    /// Whether orders are accepted.
    let areAccepted: Bool
    /// Whether `serve` does the sagas' steps.
    let servesWork: Bool

    /// - Returns: nil where asynchronous orders are off and there is no gateway to end the ones that were accepted before.
    init?(_ reader: inout EnvironmentReader) {
        areAccepted = reader.choice(
            "ASYNC_ORDERS", default: "off", among: ["on": true, "off": false], or: false,
            "Whether POST /api/v1/orders takes orders; on only once no instance from before them runs.")
        let payments = PaymentSettings(&reader)
        paymentMethodDefault = reader.text(
            "PAYMENT_METHOD_DEFAULT", default: "pm_card_visa",
            "The gateway's name of the way of payment of asynchronous orders that name none.")
        deadlineMinutes = reader.integer(
            "SAGA_DEADLINE_MINUTES", default: SagaSettings.deadlineMinutesDefault, in: 1...1440,
            "How long an asynchronous order may take until its payment is held; then it is rejected.")
        threadsMax = reader.integer(
            "SAGA_THREADS_MAX", default: 8, in: 1...64,
            "Threads that wait for the payment gateway; three more take stock.")
        servesWork = reader.choice(
            "WORKER", default: "on", among: ["on": true, "off": false], or: true,
            "Whether serve works on asynchronous orders itself; off where `OrdersAPI work` does.")
        let hasGateway = reader.isSet("PAYMENT_GATEWAY_URL")
        if areAccepted, !hasGateway {
            reader.reject("PAYMENT_GATEWAY_URL", "must be set where ASYNC_ORDERS is on")
        }
        guard let payments, hasGateway else { return nil }
        self.payments = payments
    }
}
