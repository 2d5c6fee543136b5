import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// The database commits, and its reply to COMMIT is lost on the way.
    struct LostCommitTests {
        private static let product = #"{"sku":"SKU-LOST","name":"Chair","price_cents":1500,"stock":5}"#
        private static let customer = #"{"name":"Ana Torres","email":"ana@example.com","phone":"+593 99 123 4567"}"#

        /// 3 s: the COMMIT is sent long before, on a busy machine too.
        private static let timeoutMilliseconds = "3000"

        @Test func `without a key the caller is told that the outcome is not known, and nothing is done twice`() throws
        {
            try withCuttableSystem { system, proxy in
                proxy.cut(.after, ofTransactionSending: "SKU-LOST")
                let product = try system.orders.send(.post, "/admin/products/create-product", Self.product)
                #expect(product.status == 503, "\(product)")
                #expect(product.code == "outcome-unknown")
                #expect(product.json["retryable"] == .bool(false))
                proxy.cut(.after, ofTransactionSending: "ana@example.com")
                let customer = try system.customers.send(.post, "/admin/customers/create-customer", Self.customer)
                #expect(customer.code == "outcome-unknown", "\(customer)")
                #expect(try system.count("SELECT COUNT(*) FROM products") == 1)
                #expect(try system.count("SELECT COUNT(*) FROM customers") == 1)
            }
        }

        @Test func `with a key it is found out, and the caller gets the answer`() throws {
            try withCuttableSystem { system, proxy in
                proxy.cut(.after, ofTransactionSending: "SKU-LOST")
                let headers: HeaderFields = ["X-Idempotency-Key": "lost-1"]
                let product = try system.orders.send(
                    .post, "/admin/products/create-product", Self.product, headers: headers)
                #expect(product.status == 201, "\(product)")
                #expect(try system.count("SELECT COUNT(*) FROM products") == 1)
            }
        }

        @Test func `with a key, a COMMIT that is cut off at the deadline is out of time, and the key finds out later`()
            throws
        {
            try withCuttableSystem { system, proxy in
                proxy.cut(.silentAfter, ofTransactionSending: "SKU-LOST")
                var headers: HeaderFields = [
                    "X-Idempotency-Key": "lost-2", "X-Request-Timeout-Ms": Self.timeoutMilliseconds,
                ]
                let first = try system.orders.send(
                    .post, "/admin/products/create-product", Self.product, headers: headers)
                #expect(first.status == 504, "\(first)")
                #expect(first.code == "deadline-exceeded")
                #expect(first.json["retryable"] == .bool(true))
                proxy.speak()
                headers["X-Request-Timeout-Ms"] = nil
                let second = try system.orders.send(
                    .post, "/admin/products/create-product", Self.product, headers: headers)
                #expect(second.status == 201, "\(second)")
                #expect(second.isReplay)
                #expect(try system.count("SELECT COUNT(*) FROM products") == 1)
            }
        }

        @Test func `a refusal whose COMMIT is cut off at the deadline is out of time, and the key finds out later`()
            throws
        {
            try withCuttableSystem { system, proxy in
                let taken = try system.orders.send(.post, "/admin/products/create-product", Self.product)
                #expect(taken.status == 201, "\(taken)")
                proxy.cut(.silentAfter, ofTransactionSending: "SKU-LOST")
                var headers: HeaderFields = [
                    "X-Idempotency-Key": "lost-3", "X-Request-Timeout-Ms": Self.timeoutMilliseconds,
                ]
                let first = try system.orders.send(
                    .post, "/admin/products/create-product", Self.product, headers: headers)
                #expect(first.status == 504, "\(first)")
                #expect(first.code == "deadline-exceeded")
                proxy.speak()
                headers["X-Request-Timeout-Ms"] = nil
                let second = try system.orders.send(
                    .post, "/admin/products/create-product", Self.product, headers: headers)
                #expect(second.code == "sku-taken", "\(second)")
                #expect(second.isReplay)
            }
        }

        private func withCuttableSystem(_ body: (RunningSystem, CommitCuttingProxy) throws -> Void) throws {
            let schema = try TestDatabase.makeSchema()
            let proxy = try CommitCuttingProxy(to: schema.configuration.port)
            defer { proxy.close() }
            let system = try RunningSystem(settings: ["DB_PORT": String(proxy.port)], on: schema)
            defer { system.stop() }
            try body(system, proxy)
        }
    }
}
