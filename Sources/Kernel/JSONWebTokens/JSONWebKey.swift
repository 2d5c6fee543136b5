private import Digests

/// A key that verifies tokens by one algorithm, whatever a token's header asks for.
package struct JSONWebKey: Sendable {
    /// The algorithms that tokens may be signed by, under their names in RFC 7518 and RFC 8037.
    package enum Algorithm: String, Sendable, CaseIterable {
        /// HMAC with SHA-256, by a secret.
        case hs256 = "HS256"
        /// RSA's PKCS #1 v1.5 with SHA-256.
        case rs256 = "RS256"
        /// ECDSA with P-256 and SHA-256.
        case es256 = "ES256"
        /// Ed25519; the other curve of this name, Ed448, is none of them.
        case edDSA = "EdDSA"

        /// - Parameter name: as a token or a key has it; RFC 9864 calls EdDSA with Ed25519 by the name of the curve.
        /// - Returns: nil for any other algorithm.
        init?(name: String) {
            if name == "Ed25519" { self = .edDSA } else { self.init(rawValue: name) }
        }
    }

    enum Material: Sendable {
        case secret(JSONWebTokenSecret)
        case rsa(PublicKey)
        case p256(PublicKey)
        case ed25519(PublicKey)
    }

    /// By which tokens name it, their `kid`; nil for a secret, and for a key that was published without one.
    package let id: String?
    private let material: Material

    /// A secret; its algorithm is HS256.
    package init(_ secret: JSONWebTokenSecret) { self.init(id: nil, .secret(secret)) }

    init(id: String?, _ material: Material) {
        self.id = id
        self.material = material
    }

    package var algorithm: Algorithm {
        switch material {
        case .secret: .hs256
        case .rsa: .rs256
        case .p256: .es256
        case .ed25519: .edDSA
        }
    }

    /// Whether this key has signed `bytes`, by its own algorithm.
    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret):
            constantTimeEquals(HMACSHA256.authenticationCode(bytes, key: secret.bytes), signature)
        case .rsa(let key): key.isRSASignature(signature, of: bytes)
        case .p256(let key): key.isP256Signature(signature, of: bytes)
        case .ed25519(let key): key.isEd25519Signature(signature, of: bytes)
        }
    }
}
