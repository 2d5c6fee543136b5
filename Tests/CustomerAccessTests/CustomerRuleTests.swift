import BlockingTesting
import CustomerAccess
import HTTPMessages
import JSON
import Telemetry
import Testing
import TokenTesting
import WebApplication

@Suite(.blocking) struct CustomerRuleTests {
    private let secretOnly = ["JWT_SECRET": AccessHarness.secret]

    @Test(arguments: [
        JSONValue.integer(17), .string("17"), .integer(1), .integer(.max), .string("9223372036854775807"),
    ])
    func `a customer is who the claim names`(claim: JSONValue) throws {
        let harness = try AccessHarness(secretOnly)
        let response = harness.get(try AccessHarness.token(JSONObject([("customer_id", claim)])))
        let id = claim.integer ?? Int64(claim.string ?? "") ?? 0
        #expect(response.status == .ok)
        #expect(response.json?["customer_id"] == .integer(id))
        #expect(response.json?["caller"] == .string("customer:\(id)"))
    }

    @Test(arguments: [
        nil, JSONValue.null, .integer(0), .integer(-1), .decimal("1.5"), .decimal("9223372036854775808"), .bool(true),
        .string(""), .string("0"), .string("017"), .string("+17"), .string("-17"), .string(" 17"), .string("17 "),
        .string("1e1"), .string("٣"), .string("9223372036854775808"), .string("17\u{301}"), .array([.integer(17)]),
        .object(JSONObject([("id", .integer(17))])),
    ])
    func `a valid token without a customer is told so`(claim: JSONValue?) throws {
        let harness = try AccessHarness(secretOnly)
        let claims = JSONObject(claim.map { [("customer_id", $0)] } ?? [])
        let response = harness.get(try AccessHarness.token(claims))
        #expect(response.status == .forbidden)
        #expect(response.code == "customer-claim-missing")
        #expect(response.headers["WWW-Authenticate"] == nil)
    }

    @Test func `another claim can have the customer`() throws {
        let name = "https://shop.example/customer"
        let harness = try AccessHarness(secretOnly.merging(["JWT_CUSTOMER_CLAIM": name]) { $1 })
        let own = JSONObject([("customer_id", .integer(1)), (name, .integer(2))])
        #expect(harness.get(try AccessHarness.token(own)).json?["customer_id"] == .integer(2))
        let usual = JSONObject([("customer_id", .integer(1))])
        #expect(harness.get(try AccessHarness.token(usual)).code == "customer-claim-missing")
    }

    @Test func `without a token no error is named, and with a bad one it is`() throws {
        let harness = try AccessHarness(secretOnly)
        let absent = harness.get(nil)
        #expect(absent.status == .unauthorized && absent.code == "unauthorized")
        #expect(absent.headers["WWW-Authenticate"] == "Bearer")
        for bad in ["x", "service-1", "api-1", try AccessHarness.token(JSONObject(), by: AccessHarness.otherSecret)] {
            let response = harness.get(bad)
            #expect(response.status == .unauthorized && response.code == "unauthorized")
            let detail = try #require(response.json?["detail"]?.string)
            #expect(!detail.contains("\"") && !detail.contains("\\"))
            #expect(
                response.headers.values(of: "WWW-Authenticate")
                    == [#"Bearer error="invalid_token", error_description="\#(detail)""#])
        }
    }

    @Test func `a token that is over, not begun or for others says which`() throws {
        let harness = try AccessHarness(
            secretOnly.merging(["JWT_ISSUER": "https://a.example, https://b.example", "JWT_AUDIENCE": "orders"]) { $1 })
        func detail(_ claims: [(name: String, value: JSONValue)]) throws -> String? {
            harness.get(try AccessHarness.token(JSONObject(claims))).json?["detail"]?.string
        }
        let later = JSONValue.integer(Int64(AccessHarness.nowSeconds + 3600))
        #expect(try detail([("nbf", later)]) == "The token is not valid yet.")
        #expect(try detail([("iss", .string("https://c.example"))]) == "The token is of another issuer.")
        #expect(try detail([("iss", .string("https://b.example"))]) == "The token is for another audience.")
        let good = JSONObject([
            ("iss", .string("https://b.example")), ("aud", .string("orders")), ("customer_id", .integer(3)),
        ])
        #expect(harness.get(try AccessHarness.token(good)).status == .ok)
    }

    @Test func `without a key no token is accepted, and the answer tells what to set`() throws {
        let harness = try AccessHarness([:])
        let response = harness.get(try AccessHarness.token(JSONObject([("customer_id", .integer(1))])))
        #expect(response.status == .unauthorized)
        #expect(response.json?["detail"]?.string?.contains("JWT_SECRET") == true)
        #expect(harness.access.workers.isEmpty)
    }

    @Test func `an operation under another rule has no customer`() throws {
        let harness = try AccessHarness(secretOnly)
        let token = try AccessHarness.token(JSONObject([("customer_id", .integer(1))]))
        #expect(harness.get(token, "/open").status == .unauthorized)
    }

    @Test func `callers of other names are no customers`() {
        for name in ["default", "customer", "customer:", "customer:x", "Customer:1", "acme", ""] {
            #expect(Caller(name: name).customerID == nil, "\(name)")
        }
        #expect(Caller.customer(.max).customerID == .max)
        #expect(Caller.customer(17).name == "customer:17")
    }
}
