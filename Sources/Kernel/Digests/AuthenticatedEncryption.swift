private import CCrypto

/// AES-256-GCM (NIST SP 800-38D) of short values that are stored, by OpenSSL's libcrypto.
///
/// What is sealed begins with the form's version, 1, then the nonce (12 bytes), the encrypted bytes, and the tag (16). Each value has a
/// random nonce, so one key is good for 2^32 values.
package enum AuthenticatedEncryption {
    /// Why sealed bytes cannot be read.
    package enum OpenError: Error, Equatable {
        /// There are fewer bytes than any sealed value has.
        case tooShort
        /// A later release wrote them.
        case unknownVersion(UInt8)
        /// None of the keys sealed them in this context, or they were changed.
        case notAuthentic
    }

    /// How many bytes a sealed value has more than its plaintext.
    package static let overheadByteCount = 1 + nonceByteCount + tagByteCount

    /// Encrypts and authenticates `plaintext`.
    ///
    /// - Parameters:
    ///   - plaintext: at most 2^31 - 1 bytes.
    ///   - context: what the value belongs to, such as the row's name; it is not stored, and `open` must be given the same, so
    ///     that a sealed value cannot be moved to another row.
    package static func seal(_ plaintext: [UInt8], key: EncryptionKey, context: [UInt8]) -> [UInt8] {
        seal(plaintext, key: key, context: context, nonce: randomBytes(count: nonceByteCount))
    }

    static func seal(_ plaintext: [UInt8], key: EncryptionKey, context: [UInt8], nonce: [UInt8]) -> [UInt8] {
        let sealedCount = plaintext.count + overheadByteCount
        return [UInt8](unsafeUninitializedCapacity: sealedCount) { buffer, count in
            guard let start = buffer.baseAddress else { preconditionFailure("No memory left.") }
            start[0] = version
            for index in 0..<nonceByteCount { start[1 + index] = nonce[index] }
            let result = start + 1 + nonceByteCount
            let isSealed = ccrypto_aes256gcm_seal(
                key.bytes, nonce, context, Int32(context.count), plaintext, Int32(plaintext.count), result,
                result + plaintext.count)
            // Only a lack of memory is left as a reason; storing the plaintext, or nothing, in its place is no way out.
            guard isSealed else { preconditionFailure("libcrypto could not encrypt.") }
            count = sealedCount
        }
    }

    /// The plaintext of what `seal` gave.
    ///
    /// - Parameter keys: tried in order; while keys are being replaced there are two, and `seal` is given the new one.
    /// - Throws: `OpenError`.
    package static func open(
        _ sealed: [UInt8], keys: [EncryptionKey], context: [UInt8]
    ) throws(OpenError) -> [UInt8] {
        guard let first = sealed.first, sealed.count >= overheadByteCount else { throw .tooShort }
        guard first == version else { throw .unknownVersion(first) }
        for key in keys {
            if let plaintext = open(sealed, key: key, context: context) { return plaintext }
        }
        throw .notAuthentic
    }

    /// Nil if this key did not seal it in this context.
    private static func open(_ sealed: [UInt8], key: EncryptionKey, context: [UInt8]) -> [UInt8]? {
        let plaintextCount = sealed.count - overheadByteCount
        var isAuthentic = false
        // Room for one byte more: an empty array might have no memory at all.
        let plaintext = [UInt8](unsafeUninitializedCapacity: plaintextCount + 1) { buffer, count in
            sealed.withUnsafeBufferPointer { sealed in
                guard let start = sealed.baseAddress else { return }
                let bytes = start + 1 + nonceByteCount
                isAuthentic = ccrypto_aes256gcm_open(
                    key.bytes, start + 1, context, Int32(context.count), bytes, Int32(plaintextCount),
                    bytes + plaintextCount, buffer.baseAddress)
            }
            count = isAuthentic ? plaintextCount : 0
        }
        return isAuthentic ? plaintext : nil
    }

    private static let version: UInt8 = 1
    private static let nonceByteCount = 12
    private static let tagByteCount = 16
}
