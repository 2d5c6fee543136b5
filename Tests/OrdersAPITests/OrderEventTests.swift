import BlockingTesting
import Concurrency
import DatabaseTesting
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Testing

/// Every change of an order writes its event, in the same transaction.
@Suite(.blocking) struct OrderEventTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness
    private let chair: Int64

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
        chair = try harness.product("chair", priceCents: 600)
    }

    private func made() throws -> Int64 {
        let reply = harness.order(customers.ana, [(chair, 2)])
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    private func history(_ id: Int64) -> [JSONValue] {
        let reply = harness.client.get("/admin/orders/\(id)/history")
        #expect(reply.status == 200, "\(reply)")
        return reply.data.array ?? []
    }

    @Test func `each change of an order is an event with the order's next version`() throws {
        let id = try made()
        #expect(harness.confirm(id, key: "confirm").status == 200)
        #expect(harness.cancel(id).status == 200)
        let events = history(id)
        #expect(
            events.map { $0["type"] } == ["order.created", "order.confirmed", "order.canceled"].map { .string($0) })
        #expect(events.map { $0["sequence"] } == ["1", "2", "3"].map { .string($0) })
        #expect(events.map { $0["data"]?["version"] } == [1, 2, 3].map { .integer($0) })
        #expect(events.map { $0["data"]?["previous_status"] } == [.null, .string("CREATED"), .string("CONFIRMED")])
        #expect(events.map { $0["data"]?["reason"] } == [.null, .null, .string("requested")])
        #expect(Set(events.map { $0["id"]?.string }).count == 3)
    }

    @Test func `an event tells the order's state and time, and nothing of the person`() throws {
        let id = try made()
        let confirmed = harness.confirm(id, key: "confirm")
        let event = try #require(history(id).last)
        #expect(event["subject"] == .string("orders/\(id)"))
        #expect(event["partitionkey"] == .string("\(id)"))
        #expect(event["time"] == confirmed.data["confirmed_at"])
        let data = try #require(event["data"])
        #expect(data["status"] == .string("CONFIRMED"))
        #expect(data["total_cents"] == .integer(1200))
        #expect(data["items"]?.array?.map { $0["subtotal_cents"] } == [.integer(1200)])
        let text = String(decoding: JSONWriter.bytes(of: event), as: UTF8.self)
        for personal in ["name", "email", "phone"] {
            let value = try #require(confirmed.data["customer"]?[personal]?.string)
            #expect(!text.contains(value), "\(personal)")
        }
    }

    @Test func `an event goes on with the trace of the request that made the change`() throws {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let client = harness.client.with("traceparent", "00-\(trace)-00f067aa0ba902b7-01")
        let reply = client.post(ServiceHarness.createPath, newOrder(customers.ana, [(chair, 1)]))
        #expect(history(reply.id).first?["traceparent"]?.string?.contains(trace) == true)
    }

    @Test func `what changes nothing writes no event`() throws {
        let id = try made()
        #expect(harness.confirm(id, key: "confirm").status == 200)
        #expect(harness.confirm(id, key: "confirm").isReplay)
        #expect(harness.confirm(id, key: "other").status == 409)
        #expect(harness.cancel(id).status == 200)
        #expect(harness.cancel(id).status == 200)
        #expect(harness.order(customers.ana, [(chair, 1_000)]).status == 409)
        #expect(history(id).count == 3)
        #expect(try harness.database.number("SELECT COUNT(*) FROM order_events") == 3)
        #expect(try harness.database.number("SELECT COUNT(*) FROM event_outbox") == 3)
    }

    @Test func `an order that was not confirmed in time tells that it expired`() throws {
        let id = try made()
        try harness.database.change("UPDATE orders SET created_at = created_at - INTERVAL 16 MINUTE")
        #expect(try harness.app.sweep.runOnce(by: .after(milliseconds: 20_000)) == 1)
        let event = try #require(history(id).last)
        #expect(event["data"]?["reason"] == .string("expired"))
        #expect(event["traceparent"] == nil)
    }

    @Test func `the history of an order that does not exist is not found`() {
        for id in ["99", "0", "x"] {
            let reply = harness.client.get("/admin/orders/\(id)/history")
            #expect(reply.status == 404)
            #expect(reply.code == "order-not-found")
        }
    }

    @Test func `an order of 200 lines with the longest SKUs makes an event of less than 64 KiB`() throws {
        var items: [(Int64, Int64)] = []
        for number in 0..<200 {
            let sku = String(repeating: "S", count: 60) + String(1000 + number)
            items.append((try harness.product(sku, priceCents: 9_999_999, stock: 1_000_000), 1_000_000))
        }
        let reply = harness.order(customers.ana, items)
        try #require(reply.status == 201, "\(reply)")
        let length = try harness.database.number("SELECT LENGTH(body) FROM order_events WHERE order_id = \(reply.id)")
        #expect(try #require(length) < 65_536)
    }

    @Test func `reconciling tells what orders of an older instance have become, once`() throws {
        let (untold, changed, told) = (try made(), try made(), try made())
        // As an instance from before there were events leaves them.
        try harness.database.change("DELETE FROM order_events WHERE order_id = \(untold)")
        try harness.database.change("DELETE FROM event_outbox WHERE order_id = \(untold)")
        try harness.database.change("UPDATE orders SET version = 0 WHERE id = \(untold)")
        try harness.database.change(
            "UPDATE orders SET status = 'CONFIRMED', confirmed_at = UTC_TIMESTAMP(6) WHERE id = \(changed)")
        let reconciliation = EventReconciliation(orders: harness.app.orders)
        #expect(try reconciliation.run { _, _, _ in } == 2)
        #expect(try reconciliation.run { _, _, _ in } == 0)
        #expect(history(untold).map { $0["type"] } == [.string("order.created")])
        #expect(history(changed).map { $0["type"] } == [.string("order.created"), .string("order.confirmed")])
        #expect(history(changed).last?["data"]?["previous_status"] == .string("CREATED"))
        #expect(history(told).count == 1)
        #expect(try harness.app.sequencer.run(by: .after(milliseconds: 20_000)) == 4)
    }
}
