import Digests
import HTTPMessages
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// What the lines of requests tell, in the log of each service.
    struct RequestLineTests {
        private func lines(_ process: ServiceProcess, _ operation: String) -> [JSONValue] {
            process.text.split(separator: "\n").compactMap { try? JSONParser.parse(Array($0.utf8)) }
                .filter { $0["message"] == .string("request") && $0["operation"] == .string(operation) }
        }

        private func digest(_ key: String) -> JSONValue {
            .string(String(Hex.encode(SHA256.digest(Array(key.utf8))).prefix(16)))
        }

        @Test func `one order is found in both logs by its id, and its key nowhere`() throws {
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct(stock: 1))
                let body = #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}],"#
                let key = "key-that-nobody-should-read"
                let path = "/orchestrator/create-and-confirm-order"
                let reply = try system.orchestrator.send(.post, path, body + #""idempotency_key":"\#(key)"}"#)
                #expect(reply.status == 201, "\(reply.json)")
                let order = try #require(reply.data["order"]?["id"])
                // There is nothing left of it; asked twice, so that the second answer is the one that was kept.
                for _ in 1...2 {
                    let refused = try system.orchestrator.send(.post, path, body + #""idempotency_key":"\#(key)2"}"#)
                    #expect(refused.code == "insufficient-stock")
                }
                _ = try system.orders.send(.get, "/admin/orders/find-one/\(order.integer ?? 0)")
                _ = try system.orders.send(.get, "/health/live")
                _ = try system.orders.send(.get, "/metrics")
                try waitUntil { lines(system.ordersProcess, "getOrder").count == 1 }
                try waitUntil { lines(system.orchestratorProcess, "createAndConfirmOrder").count == 3 }

                let own = lines(system.orchestratorProcess, "createAndConfirmOrder")
                #expect(own.map { $0["key_digest"] } == [digest(key), digest(key + "2"), digest(key + "2")])
                #expect(own.map { $0["order_id"] } == [order, nil, nil])
                #expect(own.map { $0["code"]?.string } == [nil, "insufficient-stock", "insufficient-stock"])

                let created = lines(system.ordersProcess, "createOrderInternal")
                #expect(created.map { $0["order_id"] } == [order, nil, nil])
                #expect(created.map { $0["code"]?.string } == [nil, "insufficient-stock", "insufficient-stock"])
                #expect(created.allSatisfy { $0["key_digest"]?.string?.count == 16 })
                #expect(created[1]["key_digest"] == created[2]["key_digest"])
                let confirmed = lines(system.ordersProcess, "confirmOrder")
                #expect(confirmed.map { $0["order_id"] } == [order] && confirmed[0]["key_digest"] != nil)
                #expect(lines(system.ordersProcess, "getOrder").map { $0["order_id"] } == [order])
                for process in [system.ordersProcess, system.orchestratorProcess] {
                    #expect(!process.text.contains(key))
                    for operation in ["getHealthLive", "getMetrics"] {
                        #expect(lines(process, operation).isEmpty, "\(operation)")
                    }
                }
            }
        }
    }
}
