import Concurrency
import DatabaseWebService
import Digests
import JSONWebTokens
import Telemetry
import WebApplication

/// Accounts of customers who log in by themselves: every part of it is made here, once.
struct Accounts: Sendable {
    let registrations: RegistrationService
    let sessions: SessionService
    let mail: RegistrationMail
    let sweep: AccountSweep
    let addresses: ClientAddresses
    let hasher: PasswordHasher
    /// Sends mail; woken by each registration.
    let mailer: Worker

    /// - Parameters:
    ///   - addresses: tells clients apart, whose guesses are counted.
    ///   - hashing: what a password's hash costs.
    init(
        _ settings: AccountsSettings, _ base: DatabaseService, customers: CustomerStore, addresses: ClientAddresses,
        hashing: Scrypt.Parameters = .passwords
    ) {
        let (database, logger) = (base.database, base.logger)
        let (registrationStore, credentials, guessStore) = (RegistrationStore(), CredentialStore(), GuessStore())
        let sessionStore = SessionStore(refreshSeconds: settings.refreshSeconds)
        let guesses = Guesses(key: settings.keys.guesses)
        let hasher = PasswordHasher(hashing, atOnceMax: settings.hashingsMax)
        let mail = RegistrationMail(
            database: database, registrations: registrationStore, credentials: credentials,
            linkKey: settings.keys.links, publicURL: settings.publicURL, posting: settings.posting, logger: logger)
        let mailer = mail.worker
        self.hasher = hasher
        self.mail = mail
        self.mailer = mailer
        registrations = RegistrationService(
            database: database, registrations: registrationStore, credentials: credentials, customers: customers,
            guessStore: guessStore, guesses: guesses, hasher: hasher, wakeMail: { mailer.wake() })
        sessions = SessionService(
            database: database, credentials: credentials, sessions: sessionStore, guessStore: guessStore,
            guesses: guesses, hasher: hasher, issuer: CustomerTokenIssuer(settings.secret, settings.claims),
            accessSeconds: settings.accessSeconds, successorKey: settings.keys.successors, metrics: base.metrics)
        sweep = AccountSweep(
            database: database, registrations: registrationStore, sessions: sessionStore, credentials: credentials,
            guesses: guessStore, runs: SweepMetrics("account-sweep", base.metrics), logger: logger)
        self.addresses = addresses
        base.metrics.declare(SessionService.reuses)
        base.metrics.counter("password_hashings_total", "Passwords hashed.") { hasher.hashingCount }
    }

    /// What goes on beside the requests.
    var workers: [Worker] { [mailer, sweep.worker] }
}
