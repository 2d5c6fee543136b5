import Foundation
import HTTPMessages
import JSON
import MySQL
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    struct OneKeyOneOrderTests {
        @Test func `a repeated call gets the same answer, whatever changed in between, and stock moves once`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                let first = try system.placeOrder(customer, product, quantity: 3, key: "order-1")
                #expect(first.status == 201)
                #expect(first.data["order"]?["status"] == .string("CONFIRMED"))
                #expect(!first.isReplay)

                _ = try system.customers.send(.patch, "/admin/customers/logic-delete/\(customer)")
                _ = try system.orders.send(
                    .patch, "/admin/products/update/\(product)", #"{"price_cents": 99, "name": "Stool"}"#)
                let second = try system.placeOrder(customer, product, quantity: 3, key: "order-1")
                #expect(second.status == 201)
                #expect(second.isReplay)
                #expect(JSONWriter.bytes(of: second.data) == JSONWriter.bytes(of: first.data))
                #expect(try dataBytes(second) == dataBytes(first))
                #expect(try system.stock(of: product) == 7)
                #expect(try system.orderCount == 1)

                let other = try system.placeOrder(customer, product, quantity: 3, key: "order-2")
                #expect(other.status == 422)
                #expect(other.code == "customer-inactive")
            }
        }

        @Test func `fifty calls at once with one key make one order`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 100)
                let replies = try inParallel(50) { _ in
                    try system.placeOrder(customer, product, quantity: 2, key: "all-the-same")
                }
                #expect(replies.map(\.status) == Array(repeating: 201, count: 50))
                #expect(Set(replies.map { JSONWriter.bytes(of: $0.data) }).count == 1)
                #expect(try system.orderCount == 1)
                #expect(try system.stock(of: product) == 98)
            }
        }

        @Test func `the same key with another body is refused and changes nothing`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 100)
                #expect(try system.placeOrder(customer, product, quantity: 1, key: "k").status == 201)
                let reply = try system.placeOrder(customer, product, quantity: 2, key: "k")
                #expect(reply.status == 422)
                #expect(reply.code == "idempotency-key-reused")
                #expect(reply.json["success"] == .bool(false))
                #expect(try system.orderCount == 1)
                #expect(try system.stock(of: product) == 99)
            }
        }

        @Test func `killed between create and confirm, the repeated call confirms the one order`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                let gate = try KillingProxy(to: system.orders.port, before: "/confirm") {
                    system.orchestratorProcess.signal(SIGKILL)
                }
                defer { gate.stop() }
                try system.restart(.orchestrator, settings: ["ORDERS_API_BASE": "http://127.0.0.1:\(gate.port)"])
                #expect(throws: (any Error).self) {
                    try system.placeOrder(customer, product, quantity: 3, key: "killed")
                }
                #expect(try system.orchestratorProcess.waitForExit() == -SIGKILL)
                #expect(try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CREATED'") == 1)

                try system.restart(.orchestrator)
                let reply = try system.placeOrder(customer, product, quantity: 3, key: "killed")
                #expect(reply.status == 201)
                #expect(reply.data["order"]?["status"] == .string("CONFIRMED"))
                #expect(try system.orderCount == 1)
                #expect(try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CONFIRMED'") == 1)
                #expect(try system.stock(of: product) == 7)
            }
        }

        @Test func `a key that comes twice is the key, wherever it comes in and however the two are written`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                let body = #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#
                func post(_ client: ServiceClient, _ target: String, _ keys: String) throws -> RawResponse {
                    let connection = try RawConnection(port: client.port)
                    connection.send(
                        "POST \(target) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(RunningSystem.apiToken)\r\n"
                            + "Content-Type: application/json\r\n\(keys)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    )
                    return try connection.response()
                }
                let twice = "X-Idempotency-Key: k\r\n"
                let spellings = [
                    twice + twice, "X-Idempotency-Key: k\r\n", "X-Idempotency-Key: k,k\r\n",
                    "X-Idempotency-Key: k, \"k\"\r\n", twice + "Idempotency-Key: k\r\n",
                ]
                for (count, client, target) in [
                    (Int64(1), system.orchestrator, "/orchestrator/create-and-confirm-order"),
                    (2, system.orders, "/admin/orders/create-order"),
                ] {
                    for (index, keys) in spellings.enumerated() {
                        let reply = try post(client, target, keys)
                        #expect(reply.status == 201, "\(keys): \(reply.text)")
                        #expect((reply.headers["Idempotency-Replayed"] == "true") == (index > 0), "\(keys)")
                    }
                    for keys in ["X-Idempotency-Key: k,l\r\n", twice + "X-Idempotency-Key: l\r\n"] {
                        let reply = try post(client, target, keys)
                        #expect(reply.status == 400)
                        #expect(reply.text.contains("idempotency-key-mismatch"))
                    }
                    #expect(try system.orderCount == count)
                }
                let comma = try system.placeOrder(customer, product, key: "k,k")
                #expect(comma.code == "invalid-idempotency-key")
                #expect(try system.orderCount == 2)
            }
        }

        /// The bytes of `data` as they stand in the body.
        private func dataBytes(_ reply: Reply) throws -> Substring {
            let text = String(decoding: reply.response.body, as: UTF8.self)
            return try text[#require(text.range(of: #""data":"#)).upperBound...]
        }
    }
}
