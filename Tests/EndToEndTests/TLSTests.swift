import DatabaseTesting
import FreePorts
import HTTPMessages
import SystemTesting
import Testing

extension EndToEndTests {
    /// Services whose calls to each other are encrypted, by the proxies of `deploy/tls`.
    struct TLSTests {
        /// What keeps the orchestrator from the others.
        struct Flaw: Sendable {
            let name: String
            /// What its settings are instead of the right ones.
            let settings: @Sendable (Parts) -> [String: String]
            /// The Orders API is asked first, for the key.
            var code = "orders-unavailable"
            /// Said in its log.
            let reason: String
        }

        /// What a flaw's settings may name.
        struct Parts: Sendable {
            let others: TestCertificates
            let customersPort: Int
            let ordersPort: Int
            let expiredPort: Int
        }

        static let flaws: [Flaw] = [
            Flaw(
                name: "another authority", settings: { ["TLS_CA_FILE": $0.others.authorityPath] },
                reason: "SSL certificate problem"),
            Flaw(
                name: "another host",
                settings: { ["CUSTOMERS_API_BASE": "https://127.0.0.1:\($0.customersPort)"] },
                code: "customers-unavailable", reason: "target host name"),
            Flaw(
                name: "another host of the Orders API",
                settings: { ["ORDERS_API_BASE": "https://127.0.0.1:\($0.ordersPort)"] },
                reason: "target host name"),
            Flaw(
                name: "an expired certificate",
                settings: { ["CUSTOMERS_API_BASE": "https://localhost:\($0.expiredPort)"] },
                code: "customers-unavailable", reason: "certificate has expired"),
            Flaw(
                name: "no certificate of its own",
                settings: { _ in ["TLS_CLIENT_CERTIFICATE_FILE": "", "TLS_CLIENT_KEY_FILE": ""] },
                reason: "client-certificate-required"),
            Flaw(
                name: "another authority's certificate of its own",
                settings: {
                    [
                        "TLS_CLIENT_CERTIFICATE_FILE": $0.others.callerCertificatePath,
                        "TLS_CLIENT_KEY_FILE": $0.others.callerKeyPath,
                    ]
                }, reason: "client-certificate-required"),
            Flaw(
                name: "no TLS",
                settings: { ["CUSTOMERS_API_BASE": "http://localhost:\($0.customersPort)"] },
                code: "customers-unavailable", reason: "malformed-request"),
        ]

        @Test func `an order passes services that know each other by certificates, and no other way in is found`()
            throws
        {
            let certificates = try TLSCertificates()
            let (customersPort, ordersPort) = (try freePort(), try freePort())
            let bases = [
                "CUSTOMERS_API_BASE": "https://localhost:\(customersPort)",
                "ORDERS_API_BASE": "https://localhost:\(ordersPort)",
            ]
            let system = try RunningSystem(
                RunningSystem.Service.product,
                ownSettings: [
                    .orders: certificates.settings(of: "orders-api").merging(bases) { $1 },
                    .orchestrator: certificates.settings(of: "orchestrator").merging(bases) { $1 },
                    .notifier: certificates.settings(of: "notifier").merging(bases) { $1 },
                ])
            defer { system.stop() }
            let customers = try TLSProxy(
                certificates, "customers-api", port: customersPort, to: system.customers.port)
            defer { customers.end() }
            let orders = try TLSProxy(certificates, "orders-api", port: ordersPort, to: system.orders.port)
            defer { orders.end() }
            let expired = try TLSProxy(
                certificates, "expired-customers-api", port: try freePort(), to: system.customers.port)
            defer { expired.end() }

            let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
            #expect(try system.placeOrder(customer, product, key: "encrypted").status == 201)
            #expect(try system.orchestrator.send(.get, "/health/ready").status == 200)
            let direct = try system.orders.send(
                .post, "/admin/orders/create-order",
                #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#,
                headers: ["X-Idempotency-Key": "direct"])
            #expect(direct.status == 201, "\(direct.json)")
            try waitUntil { try system.notifier.send(.get, "/health/ready").status == 200 }
            for (proxy, caller) in [
                (customers, "orchestrator"), (customers, "orders-api"), (orders, "orchestrator"), (orders, "notifier"),
            ] {
                try waitUntil { proxy.text.contains("\"caller\":\"CN=\(caller)\",\"tls\":\"TLSv1.3\"") }
            }

            let parts = Parts(
                others: try TestCertificates(for: "DNS:localhost"), customersPort: customersPort,
                ordersPort: ordersPort, expiredPort: expired.port)
            let right = certificates.settings(of: "orchestrator").merging(bases) { $1 }
            for (number, flaw) in Self.flaws.enumerated() {
                try system.restart(.orchestrator, settings: right.merging(flaw.settings(parts)) { $1 })
                let reply = try system.placeOrder(customer, product, key: "flaw-\(number)")
                #expect(reply.status == 503 && reply.code == flaw.code, "\(flaw.name): \(reply.json)")
                let process = system.orchestratorProcess
                try waitUntil(seconds: 10) { process.text.contains(flaw.reason) }
            }
            #expect(try system.orderCount == 2)

            // Nothing is lost: each key, repeated when the settings are right, has its one order.
            try system.restart(.orchestrator, settings: right)
            for number in Self.flaws.indices {
                #expect(try system.placeOrder(customer, product, key: "flaw-\(number)").status == 201)
            }
            #expect(try system.orderCount == 2 + Int64(Self.flaws.count))
            let violations = try OrderAudit(system.database).violations()
            #expect(violations == [])
        }
    }
}
