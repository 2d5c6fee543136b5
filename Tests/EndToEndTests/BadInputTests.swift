import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// Each bad input of the issue that asked for this product: the problem it gets, and that nothing is written.
    struct BadInputTests {
        @Test func `each bad input is a documented problem, and nothing is written`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let inactive = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                _ = try system.customers.send(.patch, "/admin/customers/logic-delete/\(inactive)")
                let before = try contents(system)
                for (index, input) in inputs(customer, inactive, product).enumerated() {
                    let reply = try system.orders.send(
                        .post, "/admin/orders/create-order", input.body,
                        headers: ["X-Idempotency-Key": "bad-\(index)"])
                    #expect(reply.status == input.status, "\(input.body.prefix(80))")
                    #expect(reply.code == input.code, "\(input.body.prefix(80))")
                    let violations = (reply.json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string }
                    #expect(violations == input.pointers, "\(input.body.prefix(80))")

                    var body = input.body
                    if body.hasSuffix("}"), body.count > 2 {
                        body = body.dropLast() + #","idempotency_key":"bad-\#(index)"}"#
                    }
                    let through = try system.orchestrator.send(
                        .post, "/orchestrator/create-and-confirm-order", body,
                        headers: body == input.body ? ["X-Idempotency-Key": "bad-\(index)"] : [:])
                    #expect(through.status == input.status, "through: \(input.body.prefix(80))")
                    #expect(through.json["success"] == .bool(false))
                }
                let after = try contents(system)
                #expect(after == before)
            }
        }

        private struct Input {
            let body: String
            let status: Int
            let code: String
            var pointers: [String] = []
        }

        private func inputs(_ customer: Int64, _ inactive: Int64, _ product: Int64) -> [Input] {
            func order(_ items: String, customer id: Int64) -> String { #"{"customer_id":\#(id),"items":\#(items)}"# }
            func invalid(_ items: String, _ pointers: [String]) -> Input {
                Input(
                    body: order(items, customer: customer), status: 422, code: "validation-failed", pointers: pointers)
            }
            let line = #"{"product_id":\#(product),"qty":1}"#
            return [
                Input(body: #"{"customer_id": 1, "#, status: 400, code: "malformed-json"),
                Input(
                    body: #"{"customer_id":1,"customer_id":2,"items":[\#(line)]}"#, status: 400, code: "malformed-json"),
                Input(body: "[1]", status: 400, code: "body-not-object"),
                Input(body: "{}", status: 422, code: "validation-failed", pointers: ["/customer_id", "/items"]),
                Input(
                    body: #"{"customer_id":"1","items":[{"product_id":0,"qty":1.5},{"qty":-1}]}"#, status: 422,
                    code: "validation-failed",
                    pointers: [
                        "/customer_id", "/items/0/product_id", "/items/0/qty", "/items/1/product_id", "/items/1/qty",
                    ]),
                invalid("[]", ["/items"]),
                invalid(#"[{"product_id":\#(product),"qty":0}]"#, ["/items/0/qty"]),
                invalid(#"[{"product_id":\#(product),"qty":-3}]"#, ["/items/0/qty"]),
                invalid(#"[{"product_id":\#(product),"qty":99999999999999999999}]"#, ["/items/0/qty"]),
                invalid("[" + Array(repeating: line, count: 10_000).joined(separator: ",") + "]", ["/items"]),
                Input(
                    body: order(#"[{"product_id":999999,"qty":1}]"#, customer: customer), status: 404,
                    code: "product-not-found"),
                Input(body: order("[\(line)]", customer: 999_999), status: 404, code: "customer-not-found"),
                Input(body: order("[\(line)]", customer: inactive), status: 422, code: "customer-inactive"),
                Input(
                    body: order(
                        #"[{"product_id":\#(product),"qty":6},{"product_id":\#(product),"qty":5}]"#, customer: customer),
                    status: 409, code: "insufficient-stock"),
            ]
        }

        @Test func `a total that overflows is refused, and a duplicate line is merged`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(priceCents: 9_999_999_999, stock: 1_000_000_000)
                let overflow = try system.placeOrder(customer, product, quantity: 1_000_000, key: "overflow")
                #expect(overflow.status == 422)
                #expect(overflow.code == "validation-failed")
                let merged = try system.orchestrator.send(
                    .post, "/orchestrator/create-and-confirm-order",
                    orderBody(customer, [(product, 1), (product, 2)], key: "merged"))
                #expect(merged.status == 201)
                #expect(merged.data["order"]?["items"]?.array?.count == 1)
                #expect(merged.data["order"]?["items"]?.array?.first?["qty"] == .integer(3))
            }
        }

        @Test func `what is wrong with the request around the body is told too`() throws {
            try withSystem { system in
                let target = "/admin/orders/create-order"
                func code(_ request: Request) throws -> String {
                    let reply = try system.orders.send(request)
                    return "\(reply.status) \(reply.code ?? "")"
                }
                func post(_ headers: HeaderFields, _ body: String = "{}") -> Request {
                    var request = Request(.post, target, headers: headers, body: Array(body.utf8))
                    request.headers["Authorization"] = "Bearer \(RunningSystem.apiToken)"
                    if request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
                    return request
                }
                #expect(try code(post(["Content-Type": "text/plain"])) == "415 unsupported-media-type")
                #expect(try code(post([:], String(repeating: " ", count: (1 << 20) + 1))) == "413 body-too-large")
                #expect(try code(post(["X-Idempotency-Key": ""])) == "400 invalid-idempotency-key")
                #expect(
                    try code(post(["X-Idempotency-Key": String(repeating: "k", count: 256)]))
                        == "400 invalid-idempotency-key")
                #expect(try code(post(["X-Idempotency-Key": "clé"])) == "400 invalid-idempotency-key")
                #expect(
                    try code(post(["X-Idempotency-Key": "a", "Idempotency-Key": "b"])) == "400 idempotency-key-mismatch"
                )
                #expect(try code(post(["X-Request-Timeout-Ms": "0"])) == "400 invalid-header")
                #expect(try code(post(["X-Correlation-Id": "a b"])) == "400 invalid-header")
                var request = post([:])
                request.headers["Authorization"] = "Bearer wrong"
                #expect(try code(request) == "401 unauthorized")
                request.headers["Authorization"] = nil
                #expect(try code(request) == "401 unauthorized")
                let wrongMethod = try system.orders.send(.delete, target)
                #expect(wrongMethod.status == 405)
                #expect(wrongMethod.response.headers["Allow"] == "POST")
                #expect(try system.orders.send(.post, "/admin/orders/1/confirm").code == "idempotency-key-missing")
                #expect(
                    try system.orchestrator.send(
                        .post, "/orchestrator/create-and-confirm-order", #"{"customer_id":1,"items":[]}"#
                    ).code == "idempotency-key-missing")
                for cursor in ["abc", "", "AQAAAAAAAAACEurPy43WTxVmSHQrMEbnNzTTHU4swsYq"] {
                    let reply = try system.orders.send(.get, "/admin/orders/find-all?cursor=\(cursor)")
                    #expect(reply.code == "invalid-cursor")
                }
            }
        }

        /// How much there is of everything that an order could change; keys that keep a final refusal are no effect.
        private func contents(_ system: RunningSystem) throws -> [Int64] {
            [
                try system.orderCount, try system.count("SELECT COUNT(*) FROM order_items"),
                try system.count("SELECT CAST(SUM(stock) AS SIGNED) FROM products"),
                try system.count("SELECT COUNT(*) FROM idempotency_keys WHERE status_code < 400"),
            ]
        }
    }
}
