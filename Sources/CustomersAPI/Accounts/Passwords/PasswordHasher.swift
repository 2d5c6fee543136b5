import Concurrency
import Digests
import Resilience

/// Hashes passwords, a few at a time: each takes a processor and much memory.
final class PasswordHasher: Sendable {
    /// 2 s: many times what one takes. A machine on which they take longer is better asked later.
    private static let patienceMilliseconds = 2000

    let parameters: Scrypt.Parameters
    private let nobody: PasswordHash
    /// Those who hash, and as many who wait for them; nobody else, since each holds a request's place.
    private let admitted: Bulkhead
    private let hashing: Bulkhead
    private let count = Lock<UInt64>(0)

    init(_ parameters: Scrypt.Parameters = .passwords, atOnceMax: Int) {
        self.parameters = parameters
        nobody = PasswordHash(ofNobody: parameters)
        admitted = Bulkhead(callersMax: 2 * atOnceMax, patienceMilliseconds: 0)
        hashing = Bulkhead(callersMax: atOnceMax, patienceMilliseconds: PasswordHasher.patienceMilliseconds)
    }

    /// How many passwords were hashed.
    var hashingCount: UInt64 { count.withLock { $0 } }

    /// - Throws: `.overloaded`.
    func hash(_ password: Password, by deadline: Deadline) throws(AccountError) -> PasswordHash {
        try run(by: deadline) { PasswordHash(of: password.bytes, parameters) }
    }

    /// Whether this is the password. Takes as long where there is no hash.
    ///
    /// - Throws: `.overloaded`.
    func verify(_ password: Password, _ hash: PasswordHash?, by deadline: Deadline) throws(AccountError) -> Bool {
        let isRight = try run(by: deadline) { (hash ?? nobody).isHash(of: password.bytes) }
        return isRight && hash != nil
    }

    private func run<Value>(by deadline: Deadline, _ body: () -> Value?) throws(AccountError) -> Value {
        let value = admitted.run(by: deadline) {
            hashing.run(by: deadline) {
                count.withLock { $0 += 1 }
                return body()
            }
        }
        // No place, no turn, or no memory.
        guard let value = (value ?? nil) ?? nil else { throw .overloaded }
        return value
    }
}

/// A password as it was sent: its code points are not normalized, since what a browser sends for one keyboard is the same each time.
/// No description or dump of it shows it.
struct Password: Sendable, CustomStringConvertible, CustomReflectable {
    /// 8 code points, no rule of composition, and more than enough for a passphrase (NIST SP 800-63B section 5.1.1.2).
    static let lengthRange = 8...128

    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var description: String { "Password" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
