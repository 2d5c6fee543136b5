private import CCrypto
private import Glibc

/// SHA-256 (FIPS 180-4), by OpenSSL's libcrypto.
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            bytes.withUnsafeBufferPointer { ccrypto_sha256($0.baseAddress, $0.count, buffer.baseAddress) }
            count = 32
        }
    }
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes that cannot be guessed, from the kernel's generator: libcrypto's would first set itself up, which is half a
/// millisecond of the first request.
///
/// Without them no token, cursor key or trace id would mean anything, so a generator that fails stops the process.
package func randomBytes(count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        while initialized < count {
            let added = getrandom(buffer.baseAddress.map { $0 + initialized }, count - initialized, 0)
            // A signal may cut a long wait or a long answer short.
            if added < 0, errno == EINTR { continue }
            guard added > 0 else { preconditionFailure("The system's random generator failed.") }
            initialized += added
        }
    }
}
