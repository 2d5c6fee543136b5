import Concurrency
import ConcurrencyTesting
import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// The token between the services, exchanged in files while orders come in.
    struct TokenRotationTests {
        private static let first = "service-token-of-the-first-month"
        private static let second = "service-token-of-the-second-month"

        @Test func `the service token is exchanged under load without a failed request, and the old one ends`() throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            @Sendable func write(_ tokens: String) throws { try Data(tokens.utf8).write(to: file, options: .atomic) }
            try write(Self.first)
            let settings = ["SERVICE_TOKEN": "", "SERVICE_TOKEN_FILE": file.path]
            try withSystem(RunningSystem.Service.product, settings: settings) { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 100_000)
                let (isOver, placed) = (Lock(false), Observed(0))
                let failures = try inParallel(5) { client -> [String] in
                    var failures: [String] = []
                    if client == 4 {
                        defer { isOver.withLock { $0 = true } }
                        for (step, tokens) in [
                            "\(Self.first),\(Self.second)", "\(Self.second),\(Self.first)", Self.second,
                        ].enumerated() {
                            try write(tokens)
                            try waitUntil {
                                RunningSystem.Service.product.allSatisfy { reloads(system, $0) == step + 1 }
                            }
                            let before = placed.value
                            #expect(placed.wait { $0 > before + 10 })
                        }
                        return []
                    }
                    var round = 0
                    while !isOver.withLock({ $0 }) {
                        round += 1
                        let reply = try system.placeOrder(customer, product, key: "rotation-\(client)-\(round)")
                        if reply.status != 201 { failures.append("\(reply.status) \(reply.code ?? "")") }
                        placed.change { $0 += 1 }
                    }
                    return failures
                }
                #expect(failures.flatMap(\.self) == [])
                #expect(try Int(system.orderCount) == placed.value)
                for (token, status) in [(Self.first, 401), (Self.second, 200)] {
                    var client = system.customers
                    client.token = token
                    let reply = try client.send(.get, "/admin/customers/internal/customers/\(customer)")
                    #expect(reply.status == status)
                }
                let metrics = try system.orders.send(.get, "/metrics").response.body
                #expect(
                    String(decoding: metrics, as: UTF8.self).contains("token_reloads_total{outcome=\"changed\"} 3\n"))
            }
        }

        private func reloads(_ system: RunningSystem, _ service: RunningSystem.Service) -> Int {
            system.process(service).logLines.count { $0["message"]?.string == "tokens reloaded" }
        }
    }
}
