import Concurrency
import FaultPoints
import Mail
import MySQL
import Telemetry

/// Sends the mails of registrations, beside the requests that ask for them.
///
/// Each attempt sends the same mail with the same link and the same `Message-ID`.
struct RegistrationMail: Sendable {
    /// 200 bytes: a registration's id and the domain fit into a `Message-ID`.
    static let domainBytesMax = 200
    /// 15 s for one mail, well within its lease.
    private static let sendMilliseconds = 15_000
    private static let connectMilliseconds = 5000
    private static let statementMilliseconds = 10_000
    /// 2 s: what is being sent mostly has its answer by then, and is not sent twice.
    private static let graceMilliseconds = 2000
    /// 5 s: how long a mail waits at most that another instance has left.
    private static let intervalMilliseconds = 5000
    /// Pauses after each attempt that failed; after the last it is given up. A server that is away for half an hour loses nothing.
    private static let retrySeconds = [10, 60, 300, 900, 900]

    let database: Database
    let registrations: RegistrationStore
    let credentials: CredentialStore
    let linkKey: [UInt8]
    let publicURL: String
    let posting: AccountsSettings.Posting
    let logger: Logger

    /// What sends, one mail after the other.
    var worker: Worker {
        Worker("registration-mail", intervalMilliseconds: RegistrationMail.intervalMilliseconds) { stop in
            do throws(AccountError) {
                while !stop.isStopRequested, try sendNext(stop) {}
            } catch {
                logger.warning("registrations wait to be mailed", ["cause": String(describing: error)])
            }
        }
    }

    /// Sends the next mail that is due.
    ///
    /// - Returns: whether there was one.
    func sendNext(_ stop: StopToken = .never) throws(AccountError) -> Bool {
        let pending = try transaction { (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            try registrations.claim(linkKey, credentials, in: transaction)
        }
        guard let pending else { return false }
        faultPoint("accounts.mail.before-send")
        let outcome = send(pending, stop)
        faultPoint("accounts.mail.after-send")
        try transaction { (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            try note(outcome, of: pending, in: transaction)
        }
        return true
    }

    private enum Outcome {
        case sent
        /// Why, without what a server said, since that mostly repeats the address.
        case failed(String)
        case refused(String)
    }

    private func note(
        _ outcome: Outcome, of pending: PendingRegistration, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) {
        switch outcome {
        case .sent: try registrations.finish(pending, in: transaction)
        case .refused(let cause):
            logger.info("the mail of a registration was refused", ["cause": cause])
            try registrations.finish(pending, in: transaction)
        case .failed(let cause):
            let retries = RegistrationMail.retrySeconds
            guard pending.attempt <= retries.count else {
                logger.error("the mail of a registration was given up", ["cause": cause])
                return try registrations.finish(pending, in: transaction)
            }
            logger.warning("the mail of a registration was not taken", ["cause": cause])
            try registrations.postpone(pending, seconds: retries[pending.attempt - 1], in: transaction)
        }
    }

    private func send(_ pending: PendingRegistration, _ stop: StopToken) -> Outcome {
        let link =
            "\(publicURL)/api/v1/auth/confirm?token=\(pending.id.token(linkKey).text)&language=\(pending.language.rawValue)"
        switch posting {
        case .log:
            if pending.hasAccount {
                logger.info("registration of an account that exists", [:])
            } else {
                logger.info("registration", ["link": link])
            }
            return .sent
        case .mail(let server, let from):
            guard let to = MailAddress(pending.email) else { return .refused("no address of mail") }
            let text = RegistrationText(pending.language)
            let message: MailMessage
            do throws(MailMessageError) {
                message = try MailMessage(
                    from: from, to: to, subject: pending.hasAccount ? text.existingSubject : text.linkSubject,
                    text: pending.hasAccount ? text.existing : text.link(link),
                    messageID: "\(pending.id.text).registration@\(from.domain)", dateSeconds: pending.createdSeconds)
            } catch {
                return .refused("\(error)")
            }
            return send(message, by: server, stop)
        }
    }

    private func send(_ message: MailMessage, by server: MailServer, _ stop: StopToken) -> Outcome {
        var configuration = MailTransportConfiguration()
        configuration.connectTimeoutMilliseconds = RegistrationMail.connectMilliseconds
        configuration.stop = RegistrationMail.afterGrace(stop)
        let transport = MailTransport(server: server, configuration: configuration)
        do throws(MailError) {
            try transport.send(message, by: .after(milliseconds: RegistrationMail.sendMilliseconds))
            return .sent
        } catch {
            switch error {
            case .refused(let code, _): return .refused("\(code)")
            case .later(let code, _): return .failed(code.map { "\($0)" } ?? "the server was not reached")
            case .unknown: return .failed("the server did not answer")
            case .addressRefused: return .failed("the server's address may not be reached")
            }
        }
    }

    /// Asks for a stop a while after `stop` does.
    private static func afterGrace(_ stop: StopToken) -> StopToken {
        let end = Lock<Deadline?>(nil)
        return StopToken {
            guard stop.isStopRequested else { return false }
            return end.withLock { end in
                let limit = end ?? .after(milliseconds: graceMilliseconds)
                end = limit
                return limit.hasPassed
            }
        }
    }

    private func transaction<Value>(
        _ body: (borrowing Transaction<AccountError>) throws(AccountError) -> Value
    ) throws(AccountError) -> Value {
        try database.transaction(
            by: .after(milliseconds: RegistrationMail.statementMilliseconds), ifCommitIsLost: .runAgain, body)
    }
}
