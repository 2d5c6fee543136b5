import Concurrency
import CustomerLookup
import FaultPoints
import Mail
import Telemetry

/// What mail is sent by.
struct MailSettings: Sendable {
    /// 190 bytes: an event's id, an endpoint's and the domain fit into a `Message-ID`.
    static let domainBytesMax = 190

    let server: MailServer
    let from: MailAddress
}

/// Delivers what an event tells by mail.
///
/// The same event has the same `Message-ID` in each attempt and each replay, so that a reader's program may drop the second.
struct MailChannel: Sendable {
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
            return send(event, notice, to: address, language, endpointID, by: deadline) { error in error.message }
        case .customer:
            let address: MailAddress
            switch customerAddress(notice, event, by: deadline) {
            case .success(let found): address = found
            case .failure(let failure): return failure.result
            }
            var result = send(event, notice, to: address, language, endpointID, by: deadline, \.messageWithoutText)
            result.isOfOneCustomer = result.status.map(MailChannel.isOfRecipient) ?? false
            return result
        }
    }

    private struct NoAddress: Error {
        let result: SendResult

        init(_ outcome: AttemptOutcome, _ text: String, isOfOneCustomer: Bool = false) {
            result = SendResult(outcome, text, isOfOneCustomer: isOfOneCustomer)
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
            case .unavailable(let reason, _):
                return .failure(NoAddress(stop.isStopRequested ? .interrupted : .customersUnavailable, reason))
            case .outOfTime:
                return .failure(NoAddress(.customersUnavailable, "The Customers API did not answer in time."))
            }
        }
    }

    private func send(
        _ event: OutgoingEvent, _ notice: OrderNotice, to address: MailAddress, _ language: MessageLanguage,
        _ endpointID: Int64, by deadline: Deadline, _ text: (MailError) -> String
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
            switch error {
            case .refused(let code, _): return SendResult(.rejected, status: code, text(error))
            case .later(let code?, _): return SendResult(.refused, status: code, text(error))
            case .later(nil, _): return SendResult(stop.isStopRequested ? .interrupted : .unreachable, text(error))
            case .unknown: return SendResult(stop.isStopRequested ? .interrupted : .noReply, text(error))
            case .addressRefused: return SendResult(.addressNotAllowed, text(error))
            }
        }
    }

    /// Whether a server's answer is about the one who is written to: their mailbox, or greylisting. What it says of itself, of a login or
    /// of too many connections meets everybody.
    private static func isOfRecipient(_ code: Int) -> Bool { 450...452 ~= code || 550...559 ~= code }
}

extension MailError {
    /// As `message`, without what a server said of a customer, since it mostly repeats their address: of its text only the number that
    /// says why (RFC 3463).
    fileprivate var messageWithoutText: String {
        switch self {
        case .refused(let code, let text): MailError.refused(code: code, text: MailError.reason(text)).message
        case .later(let code?, let text): MailError.later(code: code, text: MailError.reason(text)).message
        case .later(nil, _), .unknown, .addressRefused: message
        }
    }

    /// Such as `5.1.1`.
    private static func reason(_ text: String) -> String {
        let number = text.prefix { $0 == "." || $0.isASCII && $0.isNumber }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        let isReason = parts.count == 3 && parts.allSatisfy { 1...3 ~= $0.utf8.count }
        return isReason ? String(number) : "(no reason that is kept)"
    }
}
