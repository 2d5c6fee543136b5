import BlockingTesting
import HTTPMessages
import Testing
import WebhookSignatures

@Suite(.blocking) struct WebhookSignatureTests {
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let now = 1_614_265_330

    private let secret: SigningSecret
    private let other = SigningSecret.generate()

    init() throws { secret = try #require(SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")) }

    private func headers(_ secrets: SigningSecret...) -> HeaderFields {
        WebhookSignature.headers(
            messageID: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestampSeconds: Self.now, body: Self.body, secrets: secrets)
    }

    private func error(
        _ headers: HeaderFields, body: [UInt8] = body, secrets: [SigningSecret], nowSeconds: Int = now
    ) -> WebhookSignatureError? {
        do throws(WebhookSignatureError) {
            try WebhookSignature.verify(headers: headers, body: body, secrets: secrets, nowSeconds: nowSeconds)
            return nil
        } catch { return error }
    }

    @Test func `the example of the specification's libraries holds`() {
        let headers = headers(secret)
        #expect(headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(headers["webhook-timestamp"] == "1614265330")
        #expect(headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `each secret signs, and each receiver is satisfied by its own`() {
        let headers = headers(other, secret)
        #expect(headers["webhook-signature"]?.split(separator: " ").count == 2)
        #expect(error(headers, secrets: [secret]) == nil)
        #expect(error(headers, secrets: [other]) == nil)
        #expect(error(self.headers(secret), secrets: [other, secret]) == nil)
        #expect(error(headers, secrets: [.generate()]) == .notSigned)
        #expect(error(headers, secrets: []) == .notSigned)
    }

    @Test func `a change of any part is refused`() {
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            var changed = headers(secret)
            changed[name] = nil
            #expect(error(changed, secrets: [secret]) == .missingField)
        }
        var changed = headers(secret)
        changed["webhook-id"] = "msg_another"
        #expect(error(changed, secrets: [secret]) == .notSigned)
        changed = headers(secret)
        changed["webhook-timestamp"] = "\(Self.now + 1)"
        #expect(error(changed, secrets: [secret]) == .notSigned)
        #expect(error(headers(secret), body: Self.body + [32], secrets: [secret]) == .notSigned)
    }

    @Test func `the clocks may be five minutes apart`() {
        let headers = headers(secret)
        #expect(error(headers, secrets: [secret], nowSeconds: Self.now + 300) == nil)
        #expect(error(headers, secrets: [secret], nowSeconds: Self.now + 301) == .tooOld)
        #expect(error(headers, secrets: [secret], nowSeconds: Self.now - 300) == nil)
        #expect(error(headers, secrets: [secret], nowSeconds: Self.now - 301) == .tooNew)
    }

    @Test(arguments: ["", "-1", "+1", "1e9", "9223372036854775808", "1614265330 ", "٣"])
    func `a timestamp that is no number is refused`(timestamp: String) {
        var changed = headers(secret)
        changed["webhook-timestamp"] = timestamp
        #expect(error(changed, secrets: [secret]) == .malformedTimestamp)
    }

    @Test func `signatures of other versions and broken ones are passed over`() throws {
        var mixed = headers(secret)
        let own = try #require(mixed["webhook-signature"])
        mixed["webhook-signature"] = "v1a,AAAA v1,!!! v2  v1, \(own) v1"
        #expect(error(mixed, secrets: [secret]) == nil)
        mixed["webhook-signature"] = own.replacing("v1,", with: "v1a,")
        #expect(error(mixed, secrets: [secret]) == .notSigned)
        mixed["webhook-signature"] = ""
        #expect(error(mixed, secrets: [secret]) == .notSigned)
    }
}
