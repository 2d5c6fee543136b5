import BlockingTesting
import Foundation
import HTTPMessages
import JSON
import PythonPrograms
import Testing
import WebhookSignatures

/// The library that the authors of Standard Webhooks give to receivers.
@Suite(.blocking) struct ReferenceLibraryTests {
    private static let body = #"{"type":"order.confirmed","data":{"name":"Muñoz €"}}"#

    private func verify(body: String, signedBy secrets: [SigningSecret], with secret: SigningSecret) throws -> String {
        let headers = WebhookSignature.headers(
            messageID: "0193d3f0-0000-7000-8000-000000000001", timestampSeconds: Int(Date().timeIntervalSince1970),
            body: Array(Self.body.utf8), secrets: secrets)
        let message = JSONWriter.object { writer in
            writer.member("secret", secret.text)
            writer.member("body", body)
            writer.member(
                "headers",
                object: { writer in
                    for field in headers.fields { writer.member(field.name, field.value) }
                })
        }
        let program = try PythonProgram("verify-webhook.py", input: String(decoding: message, as: UTF8.self))
        return try program.readLine()
    }

    @Test func `the reference library verifies either secret's signature, and refuses a stranger's`() throws {
        let (new, old) = (SigningSecret.generate(), SigningSecret.generate())
        #expect(try verify(body: Self.body, signedBy: [new, old], with: new) == "verified")
        #expect(try verify(body: Self.body, signedBy: [new, old], with: old) == "verified")
        #expect(try verify(body: Self.body, signedBy: [new, old], with: .generate()).hasPrefix("refused"))
        #expect(try verify(body: Self.body + " ", signedBy: [new], with: new).hasPrefix("refused"))
    }

    @Test(arguments: [24, 33, 64]) func `secrets of any length are read alike`(byteCount: Int) throws {
        let secret = try #require(SigningSecret(bytes: (0..<byteCount).map { UInt8($0 * 3) }))
        #expect(try verify(body: Self.body, signedBy: [secret], with: secret) == "verified")
    }
}
