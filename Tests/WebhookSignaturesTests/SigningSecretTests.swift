import BlockingTesting
import Digests
import Testing
import WebhookSignatures

@Suite(.blocking) struct SigningSecretTests {
    @Test func `a secret is read from its text`() throws {
        let secret = try #require(SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        #expect(secret.bytes.count == 24)
        #expect(secret.text == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    @Test func `secrets have 24 to 64 bytes`() {
        for count in 0...80 {
            let bytes = [UInt8](repeating: 7, count: count)
            #expect((SigningSecret(bytes: bytes) != nil) == (24...64).contains(count))
            #expect((SigningSecret("whsec_" + Base64.encode(bytes)) != nil) == (24...64).contains(count))
        }
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
    ])
    func `another text is no secret`(text: String) {
        #expect(SigningSecret(text) == nil)
    }

    @Test func `generated secrets can be read, and none comes twice`() {
        let texts = (0..<100).map { _ in SigningSecret.generate().text }
        #expect(Set(texts).count == 100)
        for text in texts { #expect(SigningSecret(text)?.text == text) }
    }

    @Test func `no description of a secret shows its bytes`() throws {
        let secret = try #require(SigningSecret(bytes: [UInt8](repeating: 211, count: 32)))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("211") && !text.contains("whsec_"), "\(text)")
        }
    }
}
