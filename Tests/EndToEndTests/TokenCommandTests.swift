import JSON
import SystemTesting
import Testing
import TokenTesting

extension EndToEndTests {
    /// `OrdersAPI token`.
    struct TokenCommandTests {
        private static let secret = "a secret of thirty-two bytes or more"

        private func run(
            _ arguments: [String], secret: String? = TokenCommandTests.secret
        ) throws -> (status: Int32, text: String) {
            // Nobody listens there: a token needs no database.
            var environment = ["DB_PORT": "9", "JWT_ISSUER": "https://shop.example"]
            environment["JWT_SECRET"] = secret
            let process = try ServiceProcess("OrdersAPI", arguments: ["token"] + arguments, environment: environment)
            let status = try process.waitForExit()
            return (status, process.text)
        }

        @Test(arguments: [(["--customer", "7"], 3600), (["--minutes", "5", "--customer", "7"], 300)])
        func `an ordinary library reads the token that it prints`(arguments: [String], seconds: Int) throws {
            let (status, text) = try run(arguments)
            #expect(status == 0)
            #expect(text.hasSuffix("\n") && text.split(separator: "\n").count == 1, "nothing but the token: \(text)")
            let read = try PyJWT.run([
                .verify(
                    String(text.dropLast()), .string(Self.secret), "HS256",
                    options: JSONObject([("issuer", .string("https://shop.example"))]))
            ])[0]
            let claims = try JSONParser.parse(Array(read.utf8))
            #expect(claims["customer_id"] == .integer(7))
            #expect((claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0) == Int64(seconds))
        }

        @Test(arguments: [
            [], ["7"], ["--customer"], ["--customer", "0"], ["--customer", "-1"], ["--customer", "x"],
            ["--customer", "7", "--minutes", "0"], ["--customer", "7", "--minutes", "1441"],
            ["--customer", "7", "--minutes", "x"], ["--customer", "7", "--customer", "8"],
            ["--customer", "7", "--hours", "1"],
        ])
        func `other words are a mistake that is explained`(arguments: [String]) throws {
            let (status, text) = try run(arguments)
            #expect(status == 2)
            #expect(text.contains("--customer ID"))
        }

        @Test func `without a secret nothing is printed but why`() throws {
            let (status, text) = try run(["--customer", "7"], secret: nil)
            #expect(status == 78)
            #expect(text == "JWT_SECRET is not set; without it no token can be signed.\n")
        }
    }
}
