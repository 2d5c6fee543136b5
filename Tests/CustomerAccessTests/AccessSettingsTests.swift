import BlockingTesting
import CustomerAccess
import Foundation
import HTTPMessages
import JSON
import Settings
import Testing
import TokenTesting

@Suite(.blocking) struct AccessSettingsTests {
    private func mistakes(_ environment: [String: String]) -> [String] {
        var reader = EnvironmentReader(environment)
        _ = CustomerAccessSettings(&reader)
        do throws(ConfigurationError) {
            try reader.finish()
            return []
        } catch {
            return error.mistakes
        }
    }

    private func withFile<Value>(_ bytes: [UInt8], _ body: (String) throws -> Value) throws -> Value {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path)
    }

    @Test func `nothing is needed`() throws {
        #expect(mistakes([:]) == [])
        let settings = try AccessHarness.settings([:])
        #expect(!settings.isConfigured && settings.customerClaim == "customer_id" && settings.audience == nil)
    }

    @Test(arguments: [
        ["JWT_SECRET": "31 bytes are one byte too few.."],
        ["JWT_SECRET": "\(AccessHarness.secret),short"],
        ["JWT_SECRET": "\(AccessHarness.secret),\(AccessHarness.otherSecret),\(AccessHarness.secret)"],
        ["JWT_CUSTOMER_CLAIM": "exp"], ["JWKS_FILE": "/nowhere/jwks.json"],
    ])
    func `a mistake is told, without a secret`(environment: [String: String]) {
        let found = mistakes(environment)
        #expect(found.count == 1)
        #expect(!found.contains { $0.contains("secret of") || $0.contains("short") || $0.contains("31 bytes are") })
    }

    @Test(arguments: [
        "https://id.example/.well-known/jwks.json", "https://id.example:8443/keys?p=b2c_1", "https://id.example",
        "HTTPS://id.example/", "http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]:9/",
        "https://id.example?p=1",
    ])
    func `keys come from https, or from this machine`(url: String) {
        #expect(mistakes(["JWKS_URL": url]) == [])
    }

    @Test(arguments: [
        "http://id.example/keys", "http://127.0.0.1.evil.example/keys", "http://10.0.0.5/keys", "ftp://id.example/keys",
        "file:///etc/passwd", "https://user:secret@id.example/keys", "http://localhost@evil.example/",
        "id.example/keys",
        "https://", "https:///keys", "https://id.example/a b", "https://id.example/keys#x", "http://0x7f000001/",
        "https://id.example\\@evil.example/",
    ])
    func `and from nowhere else`(url: String) {
        #expect(mistakes(["JWKS_URL": url]).count == 1)
    }

    @Test func `keys of a file let in whose tokens they sign`() throws {
        let keys = try TestKeys.shared()
        let set = TestKeys.set([keys.rsa.published(kid: "rsa"), keys.shortRSA.publicJWK, keys.p256.published(kid: "p")])
        try withFile(set) { path in
            let harness = try AccessHarness(["JWKS_FILE": path])
            let payload = #"{"exp":1800000600,"customer_id":"17"}"#
            let tokens = try PyJWT.run([
                .craft(header: #"{"alg":"RS256","kid":"rsa"}"#, payload: payload, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"ES256"}"#, payload: payload, keys.p256.privateJWK, "ES256"),
                .craft(header: #"{"alg":"RS256","kid":"x"}"#, payload: payload, keys.rsa.privateJWK, "RS256"),
            ])
            #expect(tokens.map { harness.get($0).status } == [.ok, .ok, .unauthorized])
        }
    }

    @Test func `a file that holds a private key, no set or too much is a mistake`() throws {
        let keys = try TestKeys.shared()
        let files = [
            TestKeys.set([keys.rsa.privateJWK, keys.p256.publicJWK]), TestKeys.set([keys.shortRSA.publicJWK]),
            Array("-----BEGIN PUBLIC KEY-----".utf8), [0xFF], [UInt8](repeating: 0x20, count: 65_537),
        ]
        for bytes in files {
            try withFile(bytes) { path in
                let found = mistakes(["JWKS_FILE": path])
                #expect(found.count == 1, "\(found)")
                #expect(!found.contains { $0.contains(keys.rsa.privateJWK["d"]?.string ?? "d") })
            }
        }
    }
}
