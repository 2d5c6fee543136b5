import Concurrency
import CustomerLookup
import FaultPoints
import Mail
import Telemetry

/// Delivers what an event tells by mail.
///
/// The same event has the same `Message-ID` in each attempt and each replay, so that a reader's program may drop the second.
struct MailChannel: Sendable {
    /// 190 bytes: an event's id, an endpoint's and the domain fit into a `Message-ID`.
    static let domainBytesMax = 190
    /// 10 s for everything together, so that an attempt ends within its lane's lease.
    private static let timeoutMilliseconds = 10_000
    /// 3 s of them for the customer's address.
    private static let lookupMilliseconds = 3000
    private static let connectMilliseconds = 5000

    private let transport: MailTransport
    private let from: MailAddress
    private let customers: CustomersClient
    private let stop: StopToken
    private let logger: Logger

    /// - Parameter stop: ends what is being sent.
    init(_ settings: MailSettings, customers: CustomersClient, stop: StopToken, _ logger: Logger) {
        var configuration = MailTransportConfiguration()
        configuration.connectTimeoutMilliseconds = MailChannel.connectMilliseconds
        configuration.attemptTimeoutMilliseconds = MailChannel.timeoutMilliseconds
        configuration.stop = stop
        transport = MailTransport(server: settings.server, configuration: configuration)
        from = settings.from
        self.customers = customers
        self.stop = stop
        self.logger = logger
    }

    /// Sends once. Blocks the thread, for 12 s at most.
    func send(
        _ event: OutgoingEvent, to recipient: MailRecipient, _ language: MessageLanguage, endpointID: Int64
    ) -> SendResult {
        let deadline = Deadline.after(milliseconds: MailChannel.timeoutMilliseconds)
        let notice = OrderNotice(event: event.body)
        switch recipient {
        case .address(let address):
            return send(event, notice, to: address, isCustomer: false, language, endpointID, by: deadline)
        case .customer:
            switch customerAddress(notice, event, by: deadline) {
            case .success(let address):
                return send(event, notice, to: address, isCustomer: true, language, endpointID, by: deadline)
            case .failure(let failure): return failure.result
            }
        }
    }

    private struct NoAddress: Error {
        let result: SendResult

        init(
            _ outcome: AttemptOutcome, _ text: String, retryAfterSeconds: Int? = nil, isOfOneCustomer: Bool = false
        ) {
            result = SendResult(
                outcome, text, retryAfterSeconds: retryAfterSeconds, isOfOneCustomer: isOfOneCustomer)
        }
    }

    private func customerAddress(
        _ notice: OrderNotice, _ event: OutgoingEvent, by deadline: Deadline
    ) -> Result<MailAddress, NoAddress> {
        guard let id = notice.customerID else {
            return .failure(NoAddress(.customerUnknown, "The event names no customer."))
        }
        let call = CallContext(
            deadline: deadline.capped(milliseconds: MailChannel.lookupMilliseconds),
            trace: TraceContext(continuing: notice.traceparent), correlationID: event.id, logger: logger)
        do throws(CustomerLookupError) {
            guard let address = MailAddress(try customers.activeCustomer(id: id, call).email) else {
                return .failure(
                    NoAddress(.rejected, "No mail can be sent to the customer's address.", isOfOneCustomer: true))
            }
            return .success(address)
        } catch {
            switch error {
            case .notFound: return .failure(NoAddress(.customerUnknown, "No customer has this number."))
            case .inactive: return .failure(NoAddress(.customerInactive, "The customer was deactivated."))
            case .unavailable(let reason, let retryAfterSeconds):
                return .failure(
                    NoAddress(
                        stop.isStopRequested ? .interrupted : .customersUnavailable, reason,
                        retryAfterSeconds: retryAfterSeconds))
            case .outOfTime:
                return .failure(NoAddress(.customersUnavailable, "The Customers API did not answer in time."))
            }
        }
    }

    private func send(
        _ event: OutgoingEvent, _ notice: OrderNotice, to address: MailAddress, isCustomer: Bool,
        _ language: MessageLanguage, _ endpointID: Int64, by deadline: Deadline
    ) -> SendResult {
        let message: MailMessage
        do throws(MailMessageError) {
            let templates = language.templates
            message = try MailMessage(
                from: from, to: address, subject: templates.subject(notice), text: templates.text(notice),
                messageID: "\(event.id).\(endpointID)@\(from.domain)",
                dateSeconds: notice.time.map { Int($0.microsecondsSince1970 / 1_000_000) } ?? event.timestampSeconds)
        } catch {
            return SendResult(.rejected, "The event cannot be told of by mail.")
        }
        faultPoint("mail.before-send")
        defer { faultPoint("mail.after-send") }
        do throws(MailError) {
            try transport.send(message, by: deadline)
            return SendResult(outcome: .delivered)
        } catch {
            return SendResult(
                stop.isStopRequested && !error.isAnswer ? .interrupted : error.outcome, status: error.code,
                isCustomer ? error.messageWithoutText : error.message,
                isOfOneCustomer: isCustomer && error.isOfRecipient)
        }
    }
}

extension MailError {
    fileprivate var outcome: AttemptOutcome {
        switch self {
        case .refused: .rejected
        case .later(.some, _): .refused
        case .later(nil, _): .unreachable
        case .unknown: .noReply
        case .addressRefused: .addressNotAllowed
        }
    }

    fileprivate var code: Int? {
        switch self {
        case .refused(let code, _): code
        case .later(let code, _): code
        case .unknown, .addressRefused: nil
        }
    }

    fileprivate var isAnswer: Bool { code != nil }

    /// Whether it is about the one who is written to: their address, their mailbox, or greylisting. What a server says of itself, of a
    /// login, of relaying or of too many connections meets everybody.
    fileprivate var isOfRecipient: Bool {
        switch self {
        case .refused(let code, let text):
            if let reason = MailError.reason(text) {
                reason.hasPrefix("5.1.") || reason.hasPrefix("5.2.")
            } else {
                550...553 ~= code
            }
        case .later(let code?, _): 450...452 ~= code
        case .later(nil, _), .unknown, .addressRefused: false
        }
    }

    /// As `message`, without what a server said of a customer, since it mostly repeats their address: of its text only the number that
    /// says why (RFC 3463).
    fileprivate var messageWithoutText: String {
        switch self {
        case .refused(let code, let text): MailError.refused(code: code, text: MailError.kept(text)).message
        case .later(let code?, let text): MailError.later(code: code, text: MailError.kept(text)).message
        case .later(nil, _), .unknown, .addressRefused: message
        }
    }

    private static func kept(_ text: String) -> String { reason(text) ?? "(its text is not kept)" }

    /// Such as `5.1.1`, where the text begins with it.
    private static func reason(_ text: String) -> String? {
        let number = text.prefix { $0 == "." || $0.isASCII && $0.isNumber }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy({ 1...3 ~= $0.utf8.count }) ? String(number) : nil
    }
}
