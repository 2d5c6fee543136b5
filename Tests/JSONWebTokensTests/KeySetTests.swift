import BlockingTesting
import JSON
import Testing
import TokenTesting

@testable import JSONWebTokens

@Suite(.blocking) struct KeySetTests {
    private typealias Members = [(name: String, value: JSONValue)]

    /// What came of a set of one key beside a good one.
    private func reason(_ jwk: JSONValue) throws -> JSONWebKeyRefusal? {
        let set = try JSONWebKeySet(TestKeys.set([jwk, TestKeys.shared().ed25519.published(kid: "good")]))
        #expect(set.keys.count + set.passedOver.count == 2)
        #expect(set.passedOver.allSatisfy { $0.index == 0 })
        return set.passedOver.first?.reason
    }

    @Test func `keys that verify are taken, whatever else is told of them`() throws {
        let keys = try TestKeys.shared()
        for jwk in [
            keys.rsa.published([("use", .string("sig")), ("alg", .string("RS256")), ("x5c", .array([.string("MII")]))]),
            keys.p256.published([("alg", .string("ES256")), ("key_ops", .array([.string("verify")]))]),
            keys.ed25519.published([("alg", .string("EdDSA"))]), keys.ed25519.published([("alg", .string("Ed25519"))]),
            keys.rsa.published([("kid", .string("x")), ("x5t", .string("abc")), ("issuer", .null)]),
        ] {
            #expect(try reason(jwk) == nil)
        }
    }

    @Test func `keys that verify no token are passed over, with the reason`() throws {
        let keys = try TestKeys.shared()
        let cases: [(JSONValue, JSONWebKeyRefusal)] = [
            (.string("key"), .notAnObject), (.object(JSONObject()), .malformed(member: "kty")),
            (keys.rsa.privateJWK, .privateMembers), (keys.p256.privateJWK, .privateMembers),
            (keys.ed25519.privateJWK, .privateMembers),
            (.object(JSONObject([("kty", .string("oct")), ("k", .string("AAAA"))])), .privateMembers),
            (.object(JSONObject([("kty", .string("AKP"))])), .otherType),
            (keys.rsa.published([("use", .string("enc"))]), .otherUse),
            (keys.rsa.published([("key_ops", .array([.string("encrypt")]))]), .otherUse),
            (keys.rsa.published([("alg", .string("RS512"))]), .otherAlgorithm),
            (keys.rsa.published([("alg", .string("RSA-OAEP"))]), .otherAlgorithm),
            (keys.p256.published([("alg", .string("RS256"))]), .otherAlgorithm),
            (keys.ed25519.published([("alg", .string("Ed448"))]), .otherAlgorithm),
            (keys.p384.publicJWK, .otherCurve), (keys.ed25519.published([("crv", .string("X25519"))]), .otherCurve),
            (keys.shortRSA.publicJWK, .modulusLength), (keys.rsa.published([("n", .string("AA"))]), .modulusLength),
            (keys.rsa.published([("n", .string(String(repeating: "_", count: 1368)))]), .modulusLength),
            (keys.rsa.published([("n", .string("a+b/"))]), .malformed(member: "n")),
            (keys.rsa.published([("n", .integer(5))]), .malformed(member: "n")),
            (keys.rsa.published([("e", .string("AQ"))]), .malformed(member: "e")),
            (keys.rsa.published([("e", .string("Ag"))]), .malformed(member: "e")),
            (keys.rsa.published([("e", .string("AQAAAAE"))]), .malformed(member: "e")),
            (keys.rsa.published([("e", .string(""))]), .malformed(member: "e")),
            (keys.rsa.published([("kid", .integer(1))]), .malformed(member: "kid")),
            (keys.p256.published([("y", keys.p256.publicJWK["x"] ?? .null)]), .invalid),
            (keys.p256.published([("x", .string("AAAA"))]), .invalid),
            (keys.ed25519.published([("x", .string("AAAA"))]), .invalid),
            (keys.p256.published([("x", .null)]), .malformed(member: "x")),
        ]
        for (jwk, expected) in cases { #expect(try reason(jwk) == expected, "\(jwk)") }
    }

    @Test func `of two keys with one kid and one algorithm the first is taken`() throws {
        let keys = try TestKeys.shared()
        let set = try JSONWebKeySet(TestKeys.set([keys.rsa.published(kid: "a"), keys.otherRSA.published(kid: "a")]))
        #expect(set.keys.count == 1)
        #expect(set.passedOver == [.init(index: 1, reason: .duplicateID)])
    }

    @Test(arguments: [
        ("", .notASet), ("[]", .notASet), ("{}", .notASet), (#"{"keys":{}}"#, .notASet), ("<html>", .notASet),
        (#"{"keys":[],"keys":[]}"#, .notASet), (#"{"keys":[]}"#, JSONWebKeySetError.noUsableKey),
        (#"{"keys":[null]}"#, .noUsableKey),
        (#"{"keys":[\#(Array(repeating: "1", count: 33).joined(separator: ","))]}"#, .tooManyKeys),
        (#"{"keys":[],"x":"\#(String(repeating: "x", count: 65_536))"}"#, .tooLarge),
    ])
    func `a set that cannot be used`(text: String, expected: JSONWebKeySetError) {
        #expect(throws: expected) { try JSONWebKeySet(Array(text.utf8)) }
    }

    @Test func `as many keys as are allowed are taken`() throws {
        let key = try TestKeys.shared().ed25519
        let set = try JSONWebKeySet(TestKeys.set((0..<32).map { key.published(kid: "key-\($0)") }))
        #expect(set.keys.count == 32)
    }
}
