import SeededRandom
import Testing

@testable import Digests

@Suite struct AuthenticatedEncryptionTests {
    private static let context = Array("endpoints/17".utf8)

    /// Cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega).
    private static let vectors: [(key: String, nonce: String, plaintext: String, context: String, result: String)] = [
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "",
            "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), String(repeating: "00", count: 16),
            "",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
                + "b094dac5d93471bdec1a502270e3cc6c"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: vectors) func `the authors' examples of AES-256-GCM hold both ways`(
        _ vector: (key: String, nonce: String, plaintext: String, context: String, result: String)
    ) throws {
        let key = try #require(EncryptionKey(bytes: bytes(vector.key)))
        let context = bytes(vector.context)
        let sealed = [1] + bytes(vector.nonce) + bytes(vector.result)
        let plaintext = bytes(vector.plaintext)
        #expect(
            AuthenticatedEncryption.seal(plaintext, key: key, context: context, nonce: bytes(vector.nonce)) == sealed)
        #expect(try AuthenticatedEncryption.open(sealed, keys: [key], context: context) == plaintext)
    }

    @Test func `what is sealed comes back, whatever its length, and never looks the same twice`() throws {
        let key = EncryptionKey.generate()
        var random = SeededRandom("sealed values")
        for count in [0, 1, 15, 16, 17, 64, 1024, 70_000] {
            let plaintext = random.bytes(count: count)
            let first = AuthenticatedEncryption.seal(plaintext, key: key, context: Self.context)
            let second = AuthenticatedEncryption.seal(plaintext, key: key, context: Self.context)
            #expect(first != second)
            #expect(first.count == count + AuthenticatedEncryption.overheadByteCount)
            #expect(try AuthenticatedEncryption.open(first, keys: [key], context: Self.context) == plaintext)
            #expect(try AuthenticatedEncryption.open(second, keys: [key], context: Self.context) == plaintext)
        }
    }

    @Test func `any other bit is refused`() {
        let key = EncryptionKey.generate()
        let sealed = AuthenticatedEncryption.seal(Array("whsec_".utf8), key: key, context: Self.context)
        for bit in 0..<sealed.count * 8 {
            var other = sealed
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            let expected: AuthenticatedEncryption.OpenError =
                bit < 8 ? .unknownVersion(1 ^ 1 << UInt8(bit)) : .notAuthentic
            #expect(throws: expected) {
                try AuthenticatedEncryption.open(other, keys: [key], context: Self.context)
            }
        }
    }

    @Test func `a value that was cut is refused`() {
        let key = EncryptionKey.generate()
        let sealed = AuthenticatedEncryption.seal([1, 2, 3], key: key, context: Self.context)
        for count in 0..<sealed.count {
            let expected: AuthenticatedEncryption.OpenError =
                count < AuthenticatedEncryption.overheadByteCount ? .tooShort : .notAuthentic
            #expect(throws: expected) {
                try AuthenticatedEncryption.open(Array(sealed.prefix(count)), keys: [key], context: Self.context)
            }
        }
    }

    @Test func `a value cannot be moved to another context`() {
        let key = EncryptionKey.generate()
        let sealed = AuthenticatedEncryption.seal([1, 2, 3], key: key, context: Self.context)
        for context in [Array("endpoints/18".utf8), []] {
            #expect(throws: AuthenticatedEncryption.OpenError.notAuthentic) {
                try AuthenticatedEncryption.open(sealed, keys: [key], context: context)
            }
        }
    }

    @Test func `while keys are replaced both open, and afterwards only the new one's`() throws {
        let old = EncryptionKey.generate()
        let new = EncryptionKey.generate()
        let before = AuthenticatedEncryption.seal([1], key: old, context: Self.context)
        let after = AuthenticatedEncryption.seal([2], key: new, context: Self.context)
        #expect(try AuthenticatedEncryption.open(before, keys: [new, old], context: Self.context) == [1])
        #expect(try AuthenticatedEncryption.open(after, keys: [new, old], context: Self.context) == [2])
        for keys in [[new], []] {
            #expect(throws: AuthenticatedEncryption.OpenError.notAuthentic) {
                try AuthenticatedEncryption.open(before, keys: keys, context: Self.context)
            }
        }
    }

    @Test func `a key has exactly 32 bytes`() {
        #expect(EncryptionKey(base64: Base64.encode(Array(0..<32))) != nil)
        #expect(EncryptionKey(base64: Base64.encode(Array(0..<31))) == nil)
        #expect(EncryptionKey(base64: Base64.encode(Array(0..<33))) == nil)
        #expect(EncryptionKey(base64: "not Base64") == nil)
        #expect(EncryptionKey(bytes: []) == nil)
    }

    @Test func `no description of a key shows its bytes`() throws {
        let key = try #require(EncryptionKey(bytes: [UInt8](repeating: 211, count: 32)))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains("211"), "\(text)") }
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
