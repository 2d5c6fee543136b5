import Digests

/// What is stored of a password: the key that scrypt derived, with its salt and its costs, so that these can be raised.
///
/// As text it has the form that other libraries read, too: `$scrypt$ln=15,r=8,p=3$salt$key`, with Base64 less its padding.
struct PasswordHash: Sendable {
    /// 16 bytes (NIST SP 800-132 section 5.1).
    private static let saltByteCount = 16

    let parameters: Scrypt.Parameters
    private let salt: [UInt8]
    private let key: [UInt8]

    /// Derives the key with a salt of its own. Blocks the thread for as long as the parameters say.
    ///
    /// - Returns: nil where there is no memory left.
    init?(of password: [UInt8], _ parameters: Scrypt.Parameters) {
        let salt = randomBytes(count: PasswordHash.saltByteCount)
        guard let key = Scrypt.derive(password: password, salt: salt, parameters) else { return nil }
        self.parameters = parameters
        self.salt = salt
        self.key = key
    }

    /// One that no password has, and that costs as much to find that out.
    init(ofNobody parameters: Scrypt.Parameters) {
        self.parameters = parameters
        salt = randomBytes(count: PasswordHash.saltByteCount)
        key = randomBytes(count: 32)
    }

    /// - Returns: nil for what is no such text.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        let costs = parts[2].split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        guard costs.count == 3, costs.allSatisfy({ $0.count == 2 }), costs.map({ $0[0] }) == ["ln", "r", "p"],
            let costLog2 = Int(costs[0][1]), let blockSize = Int(costs[1][1]), let parallelism = Int(costs[2][1]),
            let parameters = Scrypt.Parameters(
                costLog2: costLog2, blockSize: blockSize, parallelism: parallelism),
            let salt = PasswordHash.decode(parts[3]), let key = PasswordHash.decode(parts[4]), key.count == 32
        else { return nil }
        self.parameters = parameters
        self.salt = salt
        self.key = key
    }

    var text: String {
        "$scrypt$ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism)"
            + "$\(PasswordHash.encode(salt))$\(PasswordHash.encode(key))"
    }

    /// Blocks the thread for as long as the parameters say.
    ///
    /// - Returns: nil where there is no memory left.
    func isHash(of password: [UInt8]) -> Bool? {
        Scrypt.derive(password: password, salt: salt, parameters).map { constantTimeEquals($0, key) }
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes).prefix { $0 != "=" })
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        Base64.decode(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
    }
}
