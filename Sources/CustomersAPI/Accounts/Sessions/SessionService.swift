import Digests
import FaultPoints
import JSONWebTokens
import MySQL
import Telemetry

/// What a login and a refresh give.
struct Tokens: Sendable {
    let access: String
    let accessSeconds: Int
    let refresh: RefreshToken
}

/// Logging in and out, and what lies between.
struct SessionService: Sendable {
    /// 10 s: an answer that was lost is asked for again within them. A thief who is as quick, and meets the owner's next use, is noticed then.
    static let graceSeconds = 10

    static let reuses = Metrics.Definition(
        "refresh_token_reuses_total", "Sessions that ended because a token of theirs was used twice.", .counter)

    let database: Database
    let credentials: CredentialStore
    let sessions: SessionStore
    let guessStore: GuessStore
    let guesses: Guesses
    let hasher: PasswordHasher
    let issuer: CustomerTokenIssuer
    let accessSeconds: Int
    let successorKey: [UInt8]
    let metrics: Metrics

    /// - Parameters:
    ///   - email: whatever was sent.
    ///   - client: whom guesses are counted of.
    /// - Throws: `.invalidCredentials`, `.inactive`, `.tooManyAttempts`, `.overloaded`.
    func login(
        email: String, password: Password, from client: String, _ call: CallContext
    ) throws(AccountError) -> Tokens {
        let addressID = guesses.addressID(client)
        // A text that is no address of ours could equal one to the database, and be another to the count of guesses.
        let address = Email(email)
        let found = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) -> FoundAccount? in
            var found: FoundAccount?
            if let address {
                found = try credentials.find(email: address, addressID: addressID, in: transaction)
            }
            let counted = guesses.login(email, from: client, isKnownAddress: found?.isKnownAddress ?? false)
            try guessStore.count(counted, in: transaction)
            return found
        }
        let isRight = try hasher.verify(password, found?.hash, by: call.deadline)
        guard isRight, let found else { throw .invalidCredentials }
        guard found.isActive else { throw .inactive }
        let counted = guesses.login(email, from: client, isKnownAddress: found.isKnownAddress)
        return try begin(found, counted, addressID, newHash: strongerHash(than: found.hash, of: password, call), call)
    }

    private func begin(
        _ found: FoundAccount, _ counted: [Guess], _ addressID: [UInt8], newHash: PasswordHash?, _ call: CallContext
    ) throws(AccountError) -> Tokens {
        let token = RefreshToken()
        return try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            // They were no guesses.
            try guessStore.takeBack(counted, in: transaction)
            guard let account = try credentials.lock(customerID: found.customerID, in: transaction) else {
                throw .invalidCredentials
            }
            guard account.isActive else { throw .inactive }
            if let newHash { try credentials.replace(newHash, customerID: found.customerID, in: transaction) }
            try credentials.remember(addressID: addressID, of: found.customerID, in: transaction)
            try sessions.insert(token, customerID: found.customerID, in: transaction)
            return tokens(found.customerID, token, at: account.now)
        }
    }

    /// The password's hash with the costs of today, where those of the stored one are lower.
    private func strongerHash(
        than hash: PasswordHash, of password: Password, _ call: CallContext
    ) throws(AccountError) -> PasswordHash? {
        guard hash.parameters.work < hasher.parameters.work else { return nil }
        do throws(AccountError) { return try hasher.hash(password, by: call.deadline) } catch {
            switch error {
            // It stays as it is until the next login.
            case .overloaded: return nil
            default: throw error
            }
        }
    }

    private enum Refreshed {
        case tokens(Tokens)
        /// The token has never been one, or its session has ended.
        case unknown
        /// The session was ended now.
        case reused(customerID: Int64)
        case inactive
    }

    /// - Throws: `.invalidRefreshToken`, `.inactive`; both have ended the session.
    func refresh(_ token: RefreshToken?, _ call: CallContext) throws(AccountError) -> Tokens {
        guard let token else { throw .invalidRefreshToken }
        let refreshed = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            let refreshed = try refresh(token, in: transaction)
            faultPoint("accounts.refresh.before-commit")
            return refreshed
        }
        faultPoint("accounts.refresh.after-commit")
        switch refreshed {
        case .tokens(let tokens): return tokens
        case .unknown: throw .invalidRefreshToken
        case .inactive: throw .inactive
        case .reused(let customerID):
            metrics.increment(SessionService.reuses)
            call.logger.warning("a refresh token was used twice; its session ended", ["customer_id": customerID])
            throw .invalidRefreshToken
        }
    }

    private func refresh(
        _ token: RefreshToken, in transaction: borrowing Transaction<AccountError>
    ) throws(AccountError) -> Refreshed {
        guard let session = try sessions.lock(id: token.sessionID, in: transaction) else { return .unknown }
        guard session.now < session.expiresAt else {
            try sessions.remove(id: token.sessionID, in: transaction)
            return .unknown
        }
        guard try sessions.isActive(customerID: session.customerID, in: transaction) else {
            try sessions.remove(id: token.sessionID, in: transaction)
            return .inactive
        }
        let successor = token.successor(successorKey)
        if session.tokenDigest == token.digest {
            try sessions.rotate(from: token, to: successor, in: transaction)
        } else if session.isRepeated(token) {
            try sessions.setSuccessor(successor, in: transaction)
        } else {
            try sessions.remove(id: token.sessionID, in: transaction)
            return .reused(customerID: session.customerID)
        }
        return .tokens(tokens(session.customerID, successor, at: session.now))
    }

    /// Ends the token's session, where there is one.
    func logout(_ token: RefreshToken?, _ call: CallContext) throws(AccountError) {
        guard let token else { return }
        _ = try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<AccountError>) throws(AccountError) in
            try sessions.remove(id: token.sessionID, in: transaction)
        }
    }

    private func tokens(_ customerID: Int64, _ refresh: RefreshToken, at now: Timestamp) -> Tokens {
        // By the database's time, so that all instances agree.
        let access = issuer.token(
            customerID: customerID, lifetimeSeconds: accessSeconds,
            nowSeconds: Int(now.microsecondsSince1970 / 1_000_000))
        return Tokens(access: access, accessSeconds: accessSeconds, refresh: refresh)
    }
}

extension Session {
    /// Whether the token is the last one that was used, and its successor was not: the answer may have been lost.
    fileprivate func isRepeated(_ token: RefreshToken) -> Bool {
        guard let usedAt, usedDigest == token.digest else { return false }
        return now < usedAt.adding(seconds: SessionService.graceSeconds)
    }
}
