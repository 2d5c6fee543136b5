import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// The lines `audit` of the services' logs.
    struct AuditLogTests {
        private static let token = "token-of-the-acme-shop"

        private func audits(_ system: RunningSystem, _ service: RunningSystem.Service) -> [JSONValue] {
            system.process(service).logLines.filter { $0["message"]?.string == "audit" }
        }

        private func lines(_ audits: [JSONValue]) -> [String] {
            audits.map { line in
                ["outcome", "caller", "operation"].compactMap { line[$0]?.string }.joined(separator: " ")
            }
        }

        @Test func `each log tells who changed what, and of whom was not let in, without a secret or a person`() throws
        {
            try withSystem(settings: ["API_TOKENS": "acme=\(Self.token)"]) { system in
                let customer = try system.makeCustomer("Nora Paz")
                let product = try system.makeProduct()
                let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
                func place() throws -> Reply {
                    try system.placeOrder(
                        customer, product, key: "audited-key",
                        headers: [
                            "Authorization": "Bearer \(Self.token)",
                            "traceparent": "00-\(traceID)-00f067aa0ba902b7-01",
                        ])
                }
                let first = try place()
                #expect(first.status == 201)
                let order = try #require(first.data["order"]?["id"]?.integer)
                #expect(try place().isReplay, "A repetition changes nothing.")
                var stranger = system.orders
                stranger.token = "a-token-of-nobody-at-all"
                _ = try stranger.send(.post, "/admin/orders/\(order)/cancel")
                try waitUntil {
                    audits(system, .orders).count >= 4 && !audits(system, .customers).isEmpty
                        && !audits(system, .orchestrator).isEmpty
                }
                #expect(lines(audits(system, .customers)) == ["done default createCustomer"])
                #expect(lines(audits(system, .orchestrator)) == ["done acme createAndConfirmOrder"])
                let ofOrders = audits(system, .orders)
                #expect(
                    lines(ofOrders) == [
                        "done default createProduct", "done service createOrderInternal", "done service confirmOrder",
                        "denied cancelOrder",
                    ])
                let orderLines = ofOrders.filter { $0["trace_id"]?.string == traceID }
                #expect(orderLines.map { $0["resource_id"]?.integer } == [order, order])
                #expect(orderLines.allSatisfy { $0["key_digest"]?.string?.count == 16 })
                #expect(audits(system, .orchestrator).first?["trace_id"]?.string == traceID)
                for service in system.services {
                    let text = system.process(service).text
                    for secret in ["Nora", "example.com", Self.token, "a-token-of-nobody", "audited-key"] {
                        #expect(!text.contains(secret), "\(service.rawValue): \(secret)")
                    }
                }
            }
        }
    }
}
