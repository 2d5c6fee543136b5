import Concurrency
import BlockingTesting
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Testing

/// Each change of an order's state is counted once, by whoever brought it about.
@Suite(.blocking) struct OrderMetricsTests {
    private func count(_ harness: ServiceHarness, _ name: String) -> Int? {
        String(decoding: harness.client.get("/metrics").body, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("\(name) ") }.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    private func transitions(_ harness: ServiceHarness, _ flow: String, _ statuses: [String]) -> [Int?] {
        statuses.map { count(harness, "order_transitions_total{flow=\"\(flow)\",status=\"\($0)\"}") }
    }

    @Test func `what clients do with synchronous orders, repetitions left out`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(customers: customers.url)
        let chair = try harness.product("chair", stock: 5)
        let statuses = ["created", "confirmed", "canceled"]
        #expect(transitions(harness, "sync", statuses) == [0, 0, 0])
        let ids = (0..<3).map { harness.order(customers.ana, [(chair, 1)], key: "key-\($0)").id }
        #expect(harness.order(customers.ana, [(chair, 1)], key: "key-0").id == ids[0])
        for _ in 1...2 {
            _ = harness.confirm(ids[0], key: "confirm")
            _ = harness.cancel(ids[1])
        }
        #expect(transitions(harness, "sync", statuses) == [3, 1, 1])
        try harness.database.change("UPDATE orders SET created_at = created_at - INTERVAL 60 MINUTE")
        for expected in [1, 0] {
            #expect(try harness.app.sweep.runOnce(by: .after(milliseconds: 20_000)) == expected)
        }
        #expect(transitions(harness, "sync", statuses) == [3, 1, 2])
        #expect(count(harness, #"sweep_runs_total{sweep="abandoned-orders",outcome="success"}"#) == 2)
        #expect(count(harness, "stock_refusals_total") == 0)
        #expect(harness.order(customers.ana, [(chair, 9)], key: "much").code == "insufficient-stock")
        #expect(count(harness, "stock_refusals_total") == 1)
        #expect(count(harness, #"idempotency_replays_total{operation="createOrder"}"#) == 1)
        #expect(count(harness, #"idempotency_replays_total{operation="confirmOrder"}"#) == 1)
    }

    @Test func `what sagas do with asynchronous orders, alone and in batches`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 4)
        let free = try harness.service.product("B", priceCents: 0)
        let statuses = ["pending", "stock_reserved", "paid", "confirmed", "canceled", "rejected"]
        for _ in 0..<3 { _ = try harness.placed(product) }
        _ = try harness.placed(free)
        try harness.run()
        #expect(transitions(harness.service, "async", statuses) == [4, 4, 4, 4, 0, 0])
        // There is one left.
        for _ in 0..<2 { _ = try harness.placed(product) }
        try harness.run()
        #expect(transitions(harness.service, "async", statuses) == [6, 5, 5, 5, 0, 1])
        #expect(count(harness.service, "stock_refusals_total") == 1)
        let id = try harness.placed(free)
        #expect(harness.service.cancel(id).status == 200)
        #expect(transitions(harness.service, "async", statuses) == [7, 5, 5, 5, 1, 1])
    }
}
