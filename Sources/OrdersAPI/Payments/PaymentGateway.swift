import Concurrency
import CurlHTTPClient
import HTTPMessages
import JSON
import Resilience
import Settings
import Telemetry
import WebApplication

/// The payment gateway: Stripe's PaymentIntents, at Stripe or at the simulator.
///
/// Each call sends one request once and repeats nothing: when to ask again, and under which key, is for whoever keeps the order's state.
/// Every change carries a key, so that the same call with the same key has one effect however often it is made. May be used from any
/// number of threads.
///
/// While the circuit is open nothing is sent, and each call fails at once with `notSent`: of a payment that says nothing.
///
/// Stripe keeps the first answer of a key for at least 24 hours, a 500 included, and lets an intent go that nobody captures within
/// seven days.
struct PaymentGateway: Sendable {
    /// The form of the answers that `PaymentReply` reads; later ones are not sent to who names this one.
    static let version = "2024-06-20"

    private let transport: any HTTPTransport
    private let origin: Origin
    private let key: Secret
    private let circuit: CircuitBreaker?
    private let observe: @Sendable (ResilientClient.Event) -> Void

    /// - Parameters:
    ///   - circuit: keeps requests from a gateway that fails; nil to send them all.
    ///   - observe: told of what the circuit keeps back.
    init(
        transport: any HTTPTransport, origin: Origin, key: Secret, circuit: CircuitBreaker? = nil,
        observe: @escaping @Sendable (ResilientClient.Event) -> Void = { _ in }
    ) {
        self.transport = transport
        self.origin = origin
        self.key = key
        self.circuit = circuit
        self.observe = observe
    }

    init(_ settings: PaymentSettings, _ logger: Logger, _ metrics: Metrics) {
        let events = DependencyEvents("payment-gateway", logger, metrics)
        self.init(
            transport: MeasuredTransport(
                CurlTransport(
                    configuration: PaymentGateway.transportConfiguration(
                        timeoutMilliseconds: settings.timeoutMilliseconds)), "payment-gateway", metrics),
            origin: settings.origin, key: settings.key, circuit: events.circuit(settings.circuit),
            observe: events.report)
    }

    /// Whether payments are asked for now. Stripe has no page that would say whether it would serve, so what its answers told the
    /// circuit is all that is known; asking it for a payment to find out would be one.
    var check: HealthCheck {
        HealthCheck(
            "payment-gateway", decidesReadiness: false,
            failure: { [circuit] _ in
                circuit?.isRefusing == true
                    ? "The payment gateway fails or is slow, and is left alone for a while." : nil
            },
            details: { [circuit] in
                var details = HealthDetails()
                details.circuit = circuit?.state.rawValue
                return details
            })
    }

    /// The limits of a transport for this client.
    static func transportConfiguration(timeoutMilliseconds: Int) -> CurlTransportConfiguration {
        var configuration = CurlTransportConfiguration()
        // 2 s: another company's network, with a TLS handshake.
        configuration.connectTimeoutMilliseconds = min(2000, timeoutMilliseconds)
        configuration.attemptTimeoutMilliseconds = timeoutMilliseconds
        // 256 KiB: an intent with its charge is some 5.
        configuration.replyBytesMax = 256 * 1024
        return configuration
    }

    /// Makes a payment that holds nothing yet.
    ///
    /// - Returns: an intent that `requiresConfirmation`, to be stored with the order before it is confirmed.
    func create(_ payment: PaymentDraft, key: PaymentKey, by deadline: Deadline) throws(PaymentError) -> PaymentIntent {
        var form = FormBody()
        form.append("amount", String(payment.amountCents))
        form.append("currency", payment.currency)
        form.append("capture_method", "manual")
        // Named, so that the account's other ways of payment cannot ask for a page to return to.
        form.append("payment_method_types[0]", "card")
        form.append("payment_method", payment.method)
        form.append("metadata[order_id]", String(payment.orderID))
        let intent = try change("/v1/payment_intents", form, key, by: deadline).intent()
        guard intent.amountCents == payment.amountCents, intent.orderID == payment.orderID else {
            throw .outcomeUnknown(isKept: false, reason: "the payment that was made is not the one that was asked for.")
        }
        return intent
    }

    /// Has the amount held.
    ///
    /// - Returns: an intent that `requiresCapture`, or one that is `processing` and to be asked for later.
    /// - Throws: `declined` also where the customer would have to do something: nobody is there to do it.
    func confirm(id: String, key: PaymentKey, by deadline: Deadline) throws(PaymentError) -> PaymentIntent {
        var form = FormBody()
        form.append("error_on_requires_action", "true")
        let intent = try change(PaymentGateway.path(id) + "/confirm", form, key, by: deadline).intent(id: id)
        if intent.status == .requiresAction { throw .declined(code: "authentication_required") }
        if intent.status == .requiresPaymentMethod {
            throw .declined(code: intent.declineCode ?? "card_declined")
        }
        return intent
    }

    /// Takes the amount, or a part of it and lets the rest go.
    ///
    /// - Parameter amountCents: the order's total, so that no other amount than that is ever taken.
    /// - Returns: an intent that `succeeded`, or one that is `processing`.
    /// - Throws: `unexpectedState` where nothing is held any more, `invalid` for more than is held.
    func capture(
        id: String, amountCents: Int64, key: PaymentKey, by deadline: Deadline
    ) throws(PaymentError) -> PaymentIntent {
        var form = FormBody()
        form.append("amount_to_capture", String(amountCents))
        return try change(PaymentGateway.path(id) + "/capture", form, key, by: deadline).intent(id: id)
    }

    /// Lets the amount go that is held, or ends a payment that holds nothing.
    ///
    /// - Returns: an intent that is `canceled`.
    /// - Throws: `unexpectedState` for one that was captured or canceled before.
    func cancel(id: String, key: PaymentKey, by deadline: Deadline) throws(PaymentError) -> PaymentIntent {
        try change(PaymentGateway.path(id) + "/cancel", FormBody(), key, by: deadline).intent(id: id)
    }

    /// Gives back what was captured, or a part of it.
    ///
    /// - Returns: the intent after it, whose `refundedCents` tells of all refunds.
    /// - Throws: `invalid` for more than is left.
    func refund(
        paymentIntentID: String, amountCents: Int64, key: PaymentKey, by deadline: Deadline
    ) throws(PaymentError) -> PaymentIntent {
        guard PaymentIntent.isID(paymentIntentID) else { throw .notFound }
        var form = FormBody()
        form.append("payment_intent", paymentIntentID)
        form.append("amount", String(amountCents))
        return try change("/v1/refunds", form, key, expanding: "payment_intent.latest_charge", by: deadline)
            .refundedIntent(id: paymentIntentID)
    }

    /// The payment as it is now: what tells after an unknown outcome.
    func find(id: String, by deadline: Deadline) throws(PaymentError) -> PaymentIntent {
        let target = try PaymentGateway.path(id) + "?expand%5B%5D=latest_charge"
        return try send(Request(.get, target, headers: headers), by: deadline).intent(id: id)
    }

    private static func path(_ id: String) throws(PaymentError) -> String {
        guard PaymentIntent.isID(id) else { throw .notFound }
        return "/v1/payment_intents/\(id)"
    }

    private var headers: HeaderFields {
        ["Authorization": "Bearer \(key.revealed)", "Stripe-Version": PaymentGateway.version]
    }

    private func change(
        _ path: String, _ form: FormBody, _ key: PaymentKey, expanding: String = "latest_charge", by deadline: Deadline
    ) throws(PaymentError) -> PaymentReply {
        var form = form
        form.append("expand[0]", expanding)
        var request = Request(.post, path, headers: headers, body: form.bytes)
        request.headers["Content-Type"] = FormBody.mediaType
        request.headers["Idempotency-Key"] = key.text
        return try send(request, by: deadline)
    }

    /// Sends a request unless the circuit is open, and tells that one what came of it.
    private func send(_ request: Request, by deadline: Deadline) throws(PaymentError) -> PaymentReply {
        guard let circuit else { return try transmit(request, by: deadline) }
        switch circuit.admit() {
        case .refused(let milliseconds):
            observe(.circuitOpen)
            throw .notSent(reason: TransportError.circuitOpen(retryAfterMilliseconds: milliseconds).message)
        case .call(let call):
            do throws(PaymentError) {
                let reply = try transmit(request, by: deadline)
                circuit.end(call, .success)
                return reply
            } catch {
                circuit.end(call, error.isOutage ? .failure : .success)
                throw error
            }
        }
    }

    private func transmit(_ request: Request, by deadline: Deadline) throws(PaymentError) -> PaymentReply {
        let response: Response
        do throws(TransportError) { response = try transport.send(request, to: origin, by: deadline) } catch {
            throw error.mayHaveBeenSent
                ? .outcomeUnknown(isKept: false, reason: error.message) : .notSent(reason: error.message)
        }
        return try PaymentReply(response)
    }
}
