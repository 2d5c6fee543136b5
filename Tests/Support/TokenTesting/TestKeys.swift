package import JSON

/// A key that somebody signs tokens with.
package struct TestKey: Sendable {
    package let privateJWK: JSONValue
    /// As it is published, without `kid`.
    package let publicJWK: JSONValue

    /// As it is published, with more members.
    package func published(_ members: [(name: String, value: JSONValue)]) -> JSONValue {
        let names = members.map(\.name)
        let others = (publicJWK.object?.members ?? []).filter { !names.contains($0.name) }
        return .object(JSONObject(others + members))
    }

    package func published(kid: String) -> JSONValue { published([("kid", .string(kid))]) }
}

/// Keys of all kinds, made once a process.
package struct TestKeys: Sendable {
    package let rsa: TestKey
    package let otherRSA: TestKey
    package let p256: TestKey
    package let ed25519: TestKey
    /// Of 1,024 bits.
    package let shortRSA: TestKey
    package let p384: TestKey

    package static func shared() throws -> TestKeys { try made.get() }

    private static let made = Result {
        let keys = try PyJWT.makeKeys(["RSA2048", "RSA2048", "P-256", "Ed25519", "RSA1024", "P-384"])
        return TestKeys(
            rsa: keys[0], otherRSA: keys[1], p256: keys[2], ed25519: keys[3], shortRSA: keys[4], p384: keys[5])
    }

    /// The bytes of a set of these keys.
    package static func set(_ keys: [JSONValue]) -> [UInt8] {
        JSONWriter.bytes(of: JSONObject([("keys", .array(keys))]))
    }
}
