import FaultPoints
import MySQL
import Telemetry

/// Registering, and following the mailed link.
struct RegistrationService: Sendable {
    let database: Database
    let registrations: RegistrationStore
    let credentials: CredentialStore
    let customers: CustomerStore
    let guessStore: GuessStore
    let guesses: Guesses
    let hasher: PasswordHasher
    /// Has the mail sent without waiting for it.
    let wakeMail: @Sendable () -> Void

    /// Takes a registration, or drops it where the address has had its mails. It looks at no customer and no account, so that neither its
    /// answer nor its time can tell of one.
    ///
    /// - Throws: `.tooManyAttempts` for those from one client, `.registrationsFull`, `.overloaded`.
    func register(_ new: NewRegistration, from client: String, _ call: CallContext) throws(AccountError) {
        try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            try guessStore.count([guesses.registration(from: client)], in: transaction)
        }
        let hash = try hasher.hash(new.password, by: call.deadline)
        let id = RegistrationID()
        do {
            try database.transaction(for: call, ifCommitIsLost: .runAgain) {
                (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
                try guessStore.count([guesses.registration(of: new.customer.email)], in: transaction)
                try registrations.insert(new, hash, id: id, in: transaction)
                faultPoint("accounts.register.before-commit")
            }
        } catch {
            switch error {
            // Nobody may have a stranger's mailbox filled, and whoever asks is told the same.
            case .tooManyAttempts: return
            default: throw error
            }
        }
        faultPoint("accounts.register.after-commit")
        wakeMail()
    }

    /// Whether a link would work. Changes nothing.
    ///
    /// - Throws: `.invalidLink`.
    func show(_ token: LinkToken?, _ call: CallContext) throws(AccountError) {
        guard let token else { throw .invalidLink }
        let isThere = try database.read(for: call) {
            (session: borrowing ReadSession<AccountError>) throws(AccountError) in
            try registrations.exists(token, in: session)
        }
        guard isThere else { throw .invalidLink }
    }

    /// Makes the account of a link: the customer's whom an operator has made, or a new customer's.
    ///
    /// - Throws: `.invalidLink`.
    func confirm(_ token: LinkToken?, _ call: CallContext) throws(AccountError) {
        guard let token else { throw .invalidLink }
        let owner = try database.transaction(for: call) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) -> Int64? in
            guard let (customer, hash, now) = try registrations.lock(token, in: transaction) else { return nil }
            let id = try customerID(customer, at: now, in: transaction)
            let isMade = try credentials.insert(customerID: id, hash: hash, in: transaction)
            // The others end, whoever asked for them.
            try registrations.remove(email: customer.email, in: transaction)
            faultPoint("accounts.confirm.before-commit")
            return isMade ? id : nil
        }
        faultPoint("accounts.confirm.after-commit")
        guard let owner else { throw .invalidLink }
        call.logger.info("account made", ["customer_id": owner])
    }

    private func customerID(
        _ customer: NewCustomer, at now: Timestamp, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> Int64 {
        if let id = try customers.lock(email: customer.email, in: transaction) { return id }
        do throws(AccountError) { return try customers.insertRow(customer, at: now, in: transaction) } catch {
            // An operator has just made one.
            guard error.databaseError?.isDuplicateKey == true,
                let id = try customers.lock(email: customer.email, in: transaction)
            else { throw error }
            return id
        }
    }
}
