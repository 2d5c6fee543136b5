private import CCrypto

/// A public key in libcrypto's form, made once and only read after that.
// `@unchecked Sendable`: any number of threads may verify by one EVP_PKEY, each with a context of its own.
final class PublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    private init?(_ key: OpaquePointer?) {
        guard let key else { return nil }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// - Parameters: both big-endian, and not empty.
    /// - Returns: nil if libcrypto refuses them.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        PublicKey(ccrypto_rsa_public_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count)))
    }

    /// - Parameters: the coordinates of a point, of 32 bytes each.
    /// - Returns: nil if it is not on the curve.
    static func p256(x: [UInt8], y: [UInt8]) -> PublicKey? {
        precondition(x.count == p256CoordinateByteCount && y.count == p256CoordinateByteCount)
        return PublicKey(ccrypto_p256_public_key([4] + x + y))
    }

    /// - Returns: nil if these are not 32 bytes.
    static func ed25519(_ bytes: [UInt8]) -> PublicKey? { PublicKey(ccrypto_ed25519_public_key(bytes, bytes.count)) }

    static let p256CoordinateByteCount = 32

    /// Whether `signature` is by this key, RSA's by PKCS #1 v1.5 and with SHA-256 (RFC 7518 section 3.3).
    func isRSASignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        ccrypto_is_signature(key, EVP_sha256(), bytes, bytes.count, signature, signature.count)
    }

    /// Whether `signature` is by this key of P-256, with SHA-256, in the form that tokens have: two numbers of 32 bytes. The form that
    /// certificates have is none.
    func isP256Signature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard signature.count == 2 * PublicKey.p256CoordinateByteCount else { return false }
        return ccrypto_is_p256_signature(key, bytes, bytes.count, signature)
    }

    /// Whether `signature` is by this key of Ed25519.
    func isEd25519Signature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        ccrypto_is_signature(key, nil, bytes, bytes.count, signature, signature.count)
    }
}
