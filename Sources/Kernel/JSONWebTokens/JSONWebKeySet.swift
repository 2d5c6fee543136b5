internal import JSON

/// The public keys of whoever issues tokens, as they are published (RFC 7517 section 5).
///
/// A set holds keys for other purposes as well; those that verify no token are passed over, with the reason.
package struct JSONWebKeySet: Sendable {
    /// 64 KiB: 32 keys with a chain of certificates each, ten times what is common.
    package static let byteCountMax = 64 * 1024
    /// 32: a handful of algorithms, each with a key that comes and one that goes.
    package static let keyCountMax = 32

    /// A key that is not used.
    package struct PassedOver: Sendable, Equatable {
        /// Its place in the set, from 0.
        package let index: Int
        package let reason: JSONWebKeyRefusal
    }

    /// At least one.
    package let keys: [JSONWebKey]
    package let passedOver: [PassedOver]

    /// - Throws: `JSONWebKeySetError`.
    package init(_ bytes: [UInt8]) throws(JSONWebKeySetError) {
        guard bytes.count <= JSONWebKeySet.byteCountMax else { throw .tooLarge }
        guard let json = try? JSONParser.parse(bytes), let members = json["keys"]?.array else { throw .notASet }
        guard members.count <= JSONWebKeySet.keyCountMax else { throw .tooManyKeys }
        var keys: [JSONWebKey] = []
        var passedOver: [PassedOver] = []
        for (index, member) in members.enumerated() {
            do throws(JSONWebKeyRefusal) {
                let key = try JSONWebKey(member)
                guard !keys.contains(where: { $0.isNamed(as: key) }) else { throw .duplicateID }
                keys.append(key)
            } catch {
                passedOver.append(PassedOver(index: index, reason: error))
            }
        }
        guard !keys.isEmpty else { throw .noUsableKey }
        self.keys = keys
        self.passedOver = passedOver
    }
}

/// Why a set cannot be used. The end of a sentence that begins with the set.
package enum JSONWebKeySetError: Error, Equatable, CustomStringConvertible {
    case tooLarge
    /// It is not JSON, or not an object with an array of keys.
    case notASet
    case tooManyKeys
    case noUsableKey

    package var description: String {
        switch self {
        case .tooLarge: "is larger than \(JSONWebKeySet.byteCountMax) bytes"
        case .notASet: "is not a JSON Web Key Set"
        case .tooManyKeys: "has more than \(JSONWebKeySet.keyCountMax) keys"
        case .noUsableKey: "has no key that verifies tokens by RS256, ES256 or EdDSA"
        }
    }
}

extension JSONWebKey {
    /// Whether a token could mean either.
    fileprivate func isNamed(as other: JSONWebKey) -> Bool {
        guard let id, let otherID = other.id, algorithm == other.algorithm else { return false }
        return id.hasSameBytes(as: otherID)
    }
}
