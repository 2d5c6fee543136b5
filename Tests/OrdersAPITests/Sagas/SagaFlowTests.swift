import BlockingTesting
import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import OrdersAPI

/// The ways of asynchronous orders from their acceptance to their end.
@Suite(.blocking) struct SagaFlowTests {
    @Test func `an order is accepted at once, and confirms itself`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", priceCents: 1290, stock: 10)
        let reply = harness.place(product, 2)
        #expect(reply.status == 202)
        let id = try #require(reply.json["orderId"]?.integer)
        #expect(reply.headers["Location"] == "/api/v1/orders/\(id)/status")
        #expect(reply.json["status"] == .string("PENDING"))
        #expect(reply.json["message"]?.string?.isEmpty == false)
        #expect(reply.data["customer"] == .null && reply.data["flow"] == .string("ASYNC"))
        #expect(reply.data["total_cents"] == .integer(2580))
        #expect(try harness.service.stock(product) == 10, "Nothing is held yet.")
        try harness.run()
        let order = harness.order(id)
        #expect(order.data["status"] == .string("CONFIRMED"), "\(order)")
        #expect(order.data["customer"]?["name"] == .string("Ana Torres"))
        #expect(order.data["confirmed_at"]?.string != nil)
        #expect(harness.events(id) == ["created", "stock-reserved", "paid", "confirmed"])
        #expect(try harness.service.stock(product) == 8)
        #expect(harness.money.kept == 2580 && !harness.money.isHeld)
        #expect(harness.gateway.intents.map(\.orderID) == ["\(id)"])
        #expect(try harness.sagaCount == 0)
    }

    @Test func `an order of nothing needs no payment`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", priceCents: 0)
        let id = try harness.placed(product)
        try harness.run()
        #expect(harness.events(id) == ["created", "stock-reserved", "paid", "confirmed"])
        #expect(harness.gateway.intents.isEmpty)
        #expect(try harness.service.stock(product) == 9 && harness.sagaCount == 0)
    }

    @Test func `many orders of one product are reserved together, as far as there is enough for all`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 5)
        let other = try harness.service.product("B", stock: 100)
        let ids = try (0..<7).map { _ in try harness.placed(product) }
        let others = try (0..<3).map { _ in try harness.placed(other, 2) }
        try harness.run()
        #expect(ids.map(harness.status) == Array(repeating: "CONFIRMED", count: 5) + ["REJECTED", "REJECTED"])
        #expect(others.map(harness.status) == Array(repeating: "CONFIRMED", count: 3))
        #expect(harness.order(ids[6]).data["reject_reason"] == .string("insufficient-stock"))
        #expect(harness.events(ids[6]) == ["created", "rejected"])
        #expect(try harness.service.stock(product) == 0 && harness.service.stock(other) == 94)
        #expect(harness.money.kept == 11_000 && !harness.money.isHeld)
        #expect(try harness.service.ledgerLessHeld(product) == 0)
    }

    @Test func `a saga that was claimed twice by one process is done once`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let ids = try (0..<3).map { _ in try harness.placed(product) }
        for _ in 1...3 {
            try harness.runner.claim()
            try harness.makeDue()
        }
        try harness.runner.runQueued()
        try harness.run()
        #expect(ids.map(harness.status) == Array(repeating: "CONFIRMED", count: 3))
        #expect(try harness.service.stock(product) == 7 && harness.sagaCount == 0)
        #expect(harness.money.kept == 3000 && harness.gateway.intents.count == 3)
    }

    @Test func `a gateway that stands still keeps no order from its stock`() throws {
        let harness = try SagaHarness(["PAYMENT_TIMEOUT_MS": "5000"])
        let count = 3 * SagaQueue.lengthMax
        let product = try harness.service.product("A", stock: 1000)
        for _ in 0..<count { harness.gateway.fail(.create, .answersLate(milliseconds: 2000)) }
        _ = try inParallel(4) { caller in
            for _ in stride(from: caller, to: count, by: 4) { #expect(harness.place(product).status == 202) }
        }
        let workers = try harness.runner.makeWorkers()
        for worker in workers { #expect(worker.start()) }
        defer {
            for worker in workers { worker.requestStop() }
            for worker in workers { #expect(worker.waitForEnd(by: .after(milliseconds: 20_000))) }
        }
        #expect(
            try eventually(within: 30_000) { try harness.service.stock(product) == 1000 - Int64(count) },
            "More are reserved than have a place for their payment.")
    }

    @Test func `an order that cannot be read keeps no other from its stock`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let ids = try (0..<4).map { _ in try harness.placed(product) }
        try harness.database.change("UPDATE order_items SET sku = 'not an SKU' WHERE order_id = \(ids[1])")
        try harness.run()
        #expect([ids[0], ids[2], ids[3]].map(harness.status) == Array(repeating: "CONFIRMED", count: 3))
        #expect(try harness.service.stock(product) == 7 && harness.sagaCount == 1)
    }

    @Test(arguments: [Saga.Step.reserve, .authorize])
    func `an order that cannot be read is left to an operator once its time is up, and goes on when it is mended`(
        step: Saga.Step
    ) throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        if step == .authorize { try harness.runOneStep() }
        try harness.database.change("UPDATE order_items SET sku = 'not an SKU' WHERE order_id = \(id)")
        try harness.makeDue()
        try harness.run()
        let saga = { harness.service.client.get("/admin/sagas/find-one/\(id)").data }
        #expect(saga()["state"] == .string("RUNNING") && saga()["attempts"] == .integer(1))
        #expect(saga()["step"] == .string(step.rawValue))
        #expect(saga()["last_error"]?.string?.hasPrefix("What is stored of the order cannot be used: ") == true)
        try harness.makeDue()
        try harness.makeLate()
        try harness.run()
        #expect(saga()["state"] == .string("DEAD"))
        #expect(try harness.database.number("SELECT needs_attention FROM orders WHERE id = \(id)") == 1)
        try harness.database.change("UPDATE order_items SET sku = 'A' WHERE order_id = \(id)")
        #expect(harness.service.client.post("/admin/sagas/\(id)/redrive").status == 200)
        try harness.run()
        #expect(harness.status(id) == "CONFIRMED")
        #expect(try harness.service.stock(product) == 9 && harness.sagaCount == 0)
    }

    @Test func `a product or a customer that may not be used any more rejects the order`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let kept = try harness.service.product("B")
        let gone = try harness.placed(product)
        #expect(harness.service.client.patch("/admin/products/logic-delete/\(product)").status == 200)
        let eva = try harness.customers.another()
        let inactive = try harness.client(of: eva).post("/api/v1/orders", #"{"productId":\#(kept),"quantity":1}"#)
        #expect(harness.customers.deactivate(eva).status == 200)
        let unknown = try harness.client(of: 999).post("/api/v1/orders", #"{"productId":\#(kept),"quantity":1}"#)
        try harness.run()
        #expect(harness.order(gone).data["reject_reason"] == .string("product-inactive"))
        for (customer, reply, reason) in [
            (eva, inactive, "customer-inactive"), (999, unknown, "customer-not-found"),
        ] {
            let order = try harness.client(of: customer).get("/api/v1/orders/\(reply.json["orderId"]?.integer ?? 0)")
            #expect(order.data["status"] == .string("REJECTED") && order.data["reject_reason"] == .string(reason))
        }
        #expect(try harness.service.stock(kept) == 10 && harness.sagaCount == 0)
        #expect(harness.gateway.intents.isEmpty)
    }

    @Test func `a Customers API that is away is asked later, and for no longer than the deadline`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product)
        harness.customers.stop()
        try harness.run()
        #expect(harness.status(id) == "PENDING")
        #expect(try harness.database.number("SELECT attempts FROM order_sagas") == 1)
        try harness.makeLate()
        try harness.makeDue()
        try harness.run()
        #expect(harness.order(id).data["reject_reason"] == .string("timed-out"))
        #expect(try harness.service.stock(product) == 10 && harness.sagaCount == 0)
    }

    @Test func `a declined card gives the stock back, and nothing is held`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        let id = try harness.placed(product, 3, method: "pm_card_chargeDeclined")
        try harness.run()
        #expect(harness.order(id).data["reject_reason"] == .string("payment-declined"))
        #expect(harness.events(id) == ["created", "stock-reserved", "rejected"])
        #expect(try harness.service.stock(product) == 10 && harness.sagaCount == 0)
        #expect(harness.gateway.intents.map(\.status) == ["canceled"])
    }

    @Test(arguments: [
        (ScriptedGateway.Operation.create, ScriptedGateway.Fault.failsAfter), (.create, .failsBefore),
        (.confirm, .failsAfter), (.confirm, .failsBefore), (.capture, .failsAfter), (.capture, .failsBefore),
        (.create, .answersLate(milliseconds: 600)), (.confirm, .answersLate(milliseconds: 600)),
        (.capture, .answersLate(milliseconds: 600)),
        (.capture, .answers(status: 409, type: "idempotency_error")),
        (.confirm, .answers(status: 429, type: "rate_limit_error")),
        (.create, .answers(status: 401, type: "invalid_request_error")),
        (.capture, .answers(status: 403, type: "invalid_request_error")),
    ])
    func `whatever a payment's answer meets, it is taken once`(
        _ operation: ScriptedGateway.Operation, _ fault: ScriptedGateway.Fault
    ) throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", priceCents: 700)
        harness.gateway.fail(operation, fault)
        let id = try harness.placed(product)
        try harness.run()
        let status = harness.status(id)
        #expect(status == "STOCK_RESERVED" || status == "CONFIRMED")
        for _ in 1...4 where harness.status(id) != "CONFIRMED" {
            try harness.makeDue()
            try harness.run()
        }
        #expect(harness.status(id) == "CONFIRMED")
        #expect(harness.events(id) == ["created", "stock-reserved", "paid", "confirmed"])
        #expect(harness.money.kept == 700 && !harness.money.isHeld)
        #expect(harness.gateway.intents.map(\.captureCount).reduce(0, +) == 1)
        #expect(try harness.sagaCount == 0 && harness.service.stock(product) == 9)
    }

    @Test func `a step is asked for again under its own key, and under another only where that is used up`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        harness.gateway.fail(.capture, .answers(status: 409, type: "idempotency_error"))
        let id = try harness.placed(product)
        try harness.run()
        try harness.makeDue()
        try harness.run()
        #expect(harness.status(id) == "CONFIRMED")
        #expect(harness.gateway.keys(.capture).count == 2 && Set(harness.gateway.keys(.capture)).count == 1)
        let another = try harness.placed(product)
        harness.gateway.fail(.capture, .failsBefore)
        for _ in 1...4 {
            try harness.run()
            try harness.makeDue()
        }
        #expect(harness.status(another) == "CONFIRMED")
        let keys = harness.gateway.keys(.capture)
        #expect(Set(keys).count == 3, "\(keys)")
    }

    @Test func `a payment that is not held in time is let go, and the stock returned once`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        for _ in 1...2 { harness.gateway.fail(.confirm, .answersLate(milliseconds: 600)) }
        harness.gateway.fail(.find, .answers(status: 503, type: "api_error"))
        let id = try harness.placed(product, 4)
        try harness.run()
        #expect(harness.status(id) == "STOCK_RESERVED" && harness.money.isHeld)
        try harness.makeLate()
        try harness.makeDue()
        try harness.run()
        #expect(harness.order(id).data["reject_reason"] == .string("payment-timeout"))
        #expect(try harness.service.stock(product) == 10)
        #expect(harness.cancel(id).code == "order-not-cancelable")
        try harness.makeDue()
        try harness.run()
        #expect(!harness.money.isHeld && harness.money.kept == 0)
        #expect(try harness.sagaCount == 0 && harness.service.stock(product) == 10)
    }
}
