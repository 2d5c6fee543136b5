private import CCrypto

/// Keys that are derived from passwords at a cost in time and memory (scrypt, RFC 7914), by OpenSSL's libcrypto.
package enum Scrypt {
    /// What one derivation costs.
    package struct Parameters: Sendable, Hashable {
        /// Within which `init` takes parameters: what is read from storage must not take all memory.
        private static let memoryBytesMax = 256 * 1024 * 1024

        /// The binary logarithm of `N`.
        package let costLog2: Int
        /// `r`.
        package let blockSize: Int
        /// `p`.
        package let parallelism: Int

        /// - Returns: nil unless `1 <= costLog2 <= 24`, `1 <= blockSize <= 32`, `1 <= parallelism <= 16`, and one derivation takes 256 MiB
        ///   at most.
        package init?(costLog2: Int, blockSize: Int, parallelism: Int) {
            guard 1...24 ~= costLog2, 1...32 ~= blockSize, 1...16 ~= parallelism else { return nil }
            self.costLog2 = costLog2
            self.blockSize = blockSize
            self.parallelism = parallelism
            guard memoryBytes <= Parameters.memoryBytesMax else { return nil }
        }

        private init(known costLog2: Int, _ blockSize: Int, _ parallelism: Int) {
            self.costLog2 = costLog2
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// N = 2^15, r = 8, p = 3: 32 MiB and a quarter of a second, one of the settings that OWASP's Password Storage Cheat Sheet gives as
        /// equally strong; the others take more memory.
        package static let passwords = Parameters(known: 15, 8, 3)

        /// What a derivation holds while it runs.
        package var memoryBytes: Int { 128 * blockSize * ((1 << costLog2) + parallelism + 2) }

        /// `N * r * p`, which the time grows with.
        package var work: Int { (1 << costLog2) * blockSize * parallelism }
    }

    /// 32 bytes. Blocks the thread for as long as the parameters say.
    ///
    /// - Returns: nil where there is no memory left.
    package static func derive(password: [UInt8], salt: [UInt8], _ parameters: Parameters) -> [UInt8]? {
        let password = password.map { CChar(bitPattern: $0) }
        var isDerived = false
        let key = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            // The library's own limit of 32 MiB is a little less than what 32 MiB of blocks take.
            isDerived =
                EVP_PBE_scrypt(
                    password, password.count, salt, salt.count, 1 << UInt64(parameters.costLog2),
                    UInt64(parameters.blockSize), UInt64(parameters.parallelism), UInt64(parameters.memoryBytes) * 2,
                    buffer.baseAddress, 32) == 1
            count = isDerived ? 32 : 0
        }
        return isDerived ? key : nil
    }
}
