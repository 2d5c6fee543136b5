import BlockingTesting
import JSON
import SeededRandom
import Testing
import TokenTesting

@testable import JSONWebTokens

@Suite(.blocking) struct MutatedTokenTests {
    private static let mutationCount = 1500

    /// Tokens that hold, one by each algorithm.
    private func tokens() throws -> [[UInt8]] {
        let keys = try TestKeys.shared()
        let payload = RefusedToken.claims
        return try PyJWT.run([
            .craft(header: #"{"alg":"HS256"}"#, payload: payload, .string(TokenFixtures.secretText), "HS256"),
            .craft(header: RefusedToken.rsaHeader, payload: payload, keys.rsa.privateJWK, "RS256"),
            .craft(header: #"{"alg":"ES256","kid":"p256"}"#, payload: payload, keys.p256.privateJWK, "ES256"),
            .craft(header: #"{"alg":"EdDSA","kid":"ed25519"}"#, payload: payload, keys.ed25519.privateJWK, "EdDSA"),
        ]).map { Array($0.utf8) }
    }

    @Test func `no token holds that is changed anywhere`() throws {
        var random = SeededRandom("mutated tokens")
        let verifier = JSONWebTokenVerifier(
            keys: try TokenFixtures().allKeys(), issuers: [RefusedToken.issuer], audience: RefusedToken.audience)
        let tokens = try tokens()
        for token in tokens {
            #expect(throws: Never.self) { try verifier.verify(token, nowSeconds: TokenFixtures.nowSeconds) }
            for _ in 0..<Self.mutationCount {
                let changed = mutated(token, others: tokens, &random)
                guard !tokens.contains(changed) else { continue }
                #expect(throws: JSONWebTokenError.self, "\(String(decoding: changed, as: UTF8.self))") {
                    try verifier.verify(changed, nowSeconds: TokenFixtures.nowSeconds)
                }
            }
        }
    }

    private func mutated(_ token: [UInt8], others: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = token
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = Self.letters.randomElement(using: &random) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(Self.letters.randomElement(using: &random) ?? 0, at: place)
            case 4: bytes.removeSubrange(place...)
            case 5: bytes.insert(contentsOf: bytes[place...], at: place)
            case 6: bytes.swapAt(place, Int.random(in: bytes.indices, using: &random))
            default: bytes = spliced(bytes, others.randomElement(using: &random) ?? token, &random)
            }
        }
        return bytes
    }

    /// A part of one token in the place of another's.
    private func spliced(_ token: [UInt8], _ other: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let others = other.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let index = Int.random(in: 0..<3, using: &random)
        if parts.indices.contains(index) { parts[index] = others[index] }
        return Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }

    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)
}
