import Settings
import Testing

struct SecretTests {
    private struct Holder {
        let name = "holder"
        let secret: Secret
    }

    @Test func `no description and no dump shows a secret, nor one of what holds it`() {
        let secret = Secret("planted")
        let holder = Holder(secret: secret)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(holder, to: &dumped)
        for text in [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(holder)",
            String(reflecting: [holder]), "\(Optional(secret) as Any)", dumped,
        ] {
            #expect(!text.contains("planted"), "\(text)")
        }
        #expect(secret.revealed == "planted")
        #expect(secret == Secret("planted") && secret != Secret("other"))
    }
}
