import BlockingTesting
import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

/// Orders that somebody ends, and sagas that wait for an operator.
@Suite(.blocking) struct SagaEndTests {
    @Test func `an order is canceled before anything was done for it`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        let reply = harness.cancel(id, key: "k")
        #expect(reply.status == 200 && reply.data["status"] == .string("CANCELED"), "\(reply)")
        #expect(reply.data["cancel_reason"] == .string("requested"))
        try harness.run()
        #expect(harness.cancel(id, key: "k").isReplay)
        #expect(harness.events(id) == ["created", "canceled"])
        #expect(try harness.service.stock(product) == 10 && harness.sagaCount == 0)
    }

    @Test func `whoever still works on a canceled order comes to nothing`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        try harness.runner.claim()
        #expect(harness.cancel(id).status == 200)
        try harness.runner.runQueued()
        #expect(harness.status(id) == "CANCELED")
        #expect(try harness.service.stock(product) == 10 && harness.sagaCount == 0)
        #expect(harness.gateway.intents.isEmpty)
    }

    @Test func `a canceled order whose payment may be held lets it go, and returns its stock once`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        // Done, and not heard of.
        harness.gateway.fail(.confirm, .answersLate(milliseconds: 600))
        let id = try harness.placed(product, 2)
        try harness.run()
        #expect(try harness.step(id) == "AUTHORIZE" && harness.money.isHeld)
        #expect(harness.cancel(id).status == 200)
        #expect(harness.cancel(id).status == 200)
        #expect(try harness.step(id) == "VOID" && harness.service.stock(product) == 10)
        try harness.makeLate()
        harness.gateway.fail(.cancel, .failsBefore)
        for _ in 1...3 {
            try harness.makeDue()
            try harness.run()
        }
        // The time was up after the first failure; nothing gives a hold up by itself.
        #expect(harness.order(id).data["needs_attention"] == .bool(true))
        #expect(harness.service.client.post("/admin/sagas/\(id)/redrive").status == 200)
        for _ in 1...3 {
            try harness.makeDue()
            try harness.run()
        }
        #expect(harness.order(id).data["needs_attention"] == .bool(false))
        #expect(harness.events(id) == ["created", "stock-reserved", "canceled"])
        #expect(!harness.money.isHeld && harness.money.kept == 0)
        #expect(try harness.service.stock(product) == 10 && harness.sagaCount == 0)
    }

    @Test func `an order whose payment is being taken is not canceled until it is known`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        harness.gateway.fail(.capture, .answersLate(milliseconds: 600))
        let id = try harness.placed(product)
        try harness.run()
        #expect(try harness.step(id) == "CAPTURE")
        let refused = harness.cancel(id, key: "k")
        #expect(refused.code == "payment-in-progress" && refused.json["retryable"] == .bool(true), "\(refused)")
        #expect(refused.headers["Retry-After"] == "1")
        try harness.makeDue()
        try harness.run()
        #expect(harness.status(id) == "CONFIRMED")
        #expect(harness.cancel(id, key: "k").status == 200, "A key keeps no refusal that passes.")
        #expect(try harness.step(id) == "REFUND" && harness.service.stock(product) == 10)
        harness.gateway.fail(.refund, .failsAfter)
        for _ in 1...3 {
            try harness.makeDue()
            try harness.run()
        }
        #expect(harness.money.kept == 0 && !harness.money.isHeld)
        #expect(harness.gateway.intents.map(\.refunded) == [1000])
        #expect(try harness.sagaCount == 0)
        #expect(harness.events(id) == ["created", "stock-reserved", "paid", "confirmed", "canceled"])
    }

    @Test func `an operator cancels orders of both flows, and confirms only synchronous ones`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        let confirm = harness.service.confirm(id, key: "k")
        #expect(confirm.code == "order-not-confirmable" && confirm.json["order_status"] == .string("PENDING"))
        #expect(harness.service.cancel(id).data["status"] == .string("CANCELED"))
        let sync = harness.service.order(harness.customers.ana, [(product, 1)], key: "s")
        #expect(sync.data.names.contains("flow") == false, "\(sync)")
        #expect(harness.service.confirm(sync.id, key: "c").status == 200)
        #expect(harness.client.get("/api/v1/orders").ids == [sync.id, id])
    }

    @Test func `the sweep leaves asynchronous orders alone`() throws {
        let harness = try SagaHarness(["RESERVATION_TTL_MINUTES": "1"])
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        try harness.database.change("UPDATE orders SET created_at = created_at - INTERVAL 1 HOUR, status = 'CREATED'")
        #expect(try harness.service.app.sweep.runOnce(by: .after(milliseconds: 10_000)) == 0)
        try harness.database.change("UPDATE orders SET status = 'PENDING' WHERE id = \(id)")
        #expect(harness.status(id) == "PENDING")
    }

    @Test func `a capture whose outcome stays unknown waits for an operator, and is claimed by nobody`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        harness.gateway.fail(.capture, .answersLate(milliseconds: 600))
        for _ in 1...2 { harness.gateway.fail(.find, .answers(status: 503, type: "api_error")) }
        let id = try harness.placed(product)
        try harness.run()
        try harness.makeLate()
        try harness.makeDue()
        try harness.run()
        let order = harness.order(id)
        #expect(order.data["status"] == .string("STOCK_RESERVED"), "DEAD is the saga's state, not the order's.")
        #expect(order.data["needs_attention"] == .bool(true))
        let admin = harness.service.client
        #expect(admin.get("/admin/sagas/find-all?state=DEAD").data.array?.map { $0["order_id"] } == [.integer(id)])
        #expect(admin.get("/admin/sagas/find-all?state=RUNNING").data.array == [])
        let saga = admin.get("/admin/sagas/find-one/\(id)").data
        #expect(saga["step"] == .string("CAPTURE") && saga["run_at"] == .null)
        #expect(saga["last_error"]?.string?.isEmpty == false)
        try harness.run()
        #expect(harness.status(id) == "STOCK_RESERVED")
        #expect(admin.with(key: "d").post("/admin/sagas/\(id)/discard").code == "saga-not-discardable")
        #expect(harness.cancel(id).code == "payment-in-progress")
        let redriven = admin.with(key: "r").post("/admin/sagas/\(id)/redrive")
        #expect(redriven.data["state"] == .string("RUNNING"), "\(redriven)")
        try harness.run()
        #expect(harness.status(id) == "CONFIRMED" && harness.money.kept == 1000)
        #expect(harness.order(id).data["needs_attention"] == .bool(false))
        #expect(admin.with(key: "r").post("/admin/sagas/\(id)/redrive").isReplay)
        #expect(admin.post("/admin/sagas/\(id)/redrive").code == "order-not-found")
        #expect(admin.post("/admin/sagas/\(id)/discard").code == "order-not-found")
        #expect(admin.get("/admin/sagas/find-one/\(id)").code == "order-not-found")
    }

    @Test func `an operator gives an order up, and what is held is let go`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        harness.gateway.fail(.confirm, .answersLate(milliseconds: 600))
        let id = try harness.placed(product)
        try harness.run()
        #expect(harness.service.client.post("/admin/sagas/\(id)/redrive").data["state"] == .string("RUNNING"))
        let reply = harness.service.client.with(key: "d").post("/admin/sagas/\(id)/discard")
        #expect(reply.data["reject_reason"] == .string("discarded"), "\(reply)")
        #expect(try harness.service.stock(product) == 10 && harness.step(id) == "VOID")
        try harness.makeDue()
        try harness.run()
        #expect(!harness.money.isHeld && harness.money.kept == 0)
        #expect(try harness.sagaCount == 0)
    }
}
