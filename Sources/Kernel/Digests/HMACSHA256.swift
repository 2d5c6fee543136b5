private import CCrypto

/// HMAC with SHA-256 (RFC 2104), by OpenSSL's libcrypto.
package enum HMACSHA256 {
    /// The 32 bytes of the code of `bytes` under `key`.
    package static func authenticationCode(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length: UInt32 = 0
            HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, buffer.baseAddress, &length)
            count = Int(length)
        }
    }
}
