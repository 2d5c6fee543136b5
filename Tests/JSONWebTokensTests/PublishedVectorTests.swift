import BlockingTesting
import Digests
import JSON
import Testing

@testable import JSONWebTokens

/// The examples of the specifications, to the letter.
@Suite(.blocking) struct PublishedVectorTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private func claims(_ token: String, _ key: JSONWebKey) throws -> JSONObject {
        try JSONWebTokenVerifier(keys: [key], issuers: ["joe"]).verify(Array(token.utf8), nowSeconds: 1_300_819_379)
    }

    private func key(_ jwk: String) throws -> JSONWebKey { try JSONWebKey(JSONParser.parse(Array(jwk.utf8))) }

    @Test func `RFC 7515 A.1 and RFC 7519 3.1, by HS256`() throws {
        let bytes = try #require(
            Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let key = JSONWebKey(try #require(JSONWebTokenSecret(bytes: bytes)))
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(Self.payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        #expect(try claims(token, key)["http://example.com/is_root"] == .bool(true))
    }

    @Test func `RFC 7515 A.2, by RS256`() throws {
        let key = try key(
            """
            {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJP\
            MEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYU\
            sLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaG\
            Nj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}
            """)
        let token =
            "eyJhbGciOiJSUzI1NiJ9.\(Self.payload)."
            + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
            + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
            + "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
            + "cN_IoypGlUPQGe77Rw"
        #expect(key.algorithm == .rs256)
        #expect(try claims(token, key)["iss"] == .string("joe"))
    }

    @Test func `RFC 7515 A.3, by ES256`() throws {
        let key = try key(
            """
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
            """)
        let token =
            "eyJhbGciOiJFUzI1NiJ9.\(Self.payload)."
            + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        #expect(key.algorithm == .es256)
        #expect(try claims(token, key)["iss"] == .string("joe"))
    }

    @Test func `RFC 8037 A.4, by Ed25519`() throws {
        let key = try key(
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)
        let signature = try #require(
            Base64URL.decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"))
        let signed = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        #expect(key.algorithm == .edDSA)
        #expect(key.isSignature(signature, of: signed))
        #expect(!key.isSignature(signature, of: signed + [0]))
        #expect(!key.isSignature(signature.dropLast() + [signature[63] ^ 1], of: signed))
    }

    @Test func `RFC 7519 6.1, by nothing, is refused`() throws {
        let key = try TokenFixtures.secretKey(TokenFixtures.secretText)
        #expect(throws: JSONWebTokenError.algorithmNotAllowed) {
            try claims("eyJhbGciOiJub25lIn0.\(Self.payload).", key)
        }
    }
}
