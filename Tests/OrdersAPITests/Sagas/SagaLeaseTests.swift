import BlockingTesting
import Concurrency
import DatabaseTesting
import DatabaseWebService
import JSON
import MySQL
import ServiceTesting
import Telemetry
import Testing

@testable import OrdersAPI

/// Who may do a step, and whose result counts.
@Suite(.blocking) struct SagaLeaseTests {
    private func claim(
        _ harness: SagaHarness, asksGateway: Bool = false, limit: Int = 10, after start: Timestamp? = nil
    ) throws -> (sagas: [Saga], end: Timestamp) {
        try harness.database.transaction(by: .after(milliseconds: 10_000)) {
            (transaction: borrowing Transaction<OrderError>) throws(OrderError) in
            try SagaStore().claim(asksGateway: asksGateway, limit: limit, after: start, in: transaction)
        }
    }

    private func results(_ harness: SagaHarness) -> SagaResults {
        SagaResults(
            database: harness.database, orders: OrderStore(), products: ProductStore(), events: OrderEventStore(),
            sagas: SagaStore(), metrics: SagaMetrics(Metrics()), logger: Logger(service: "tests", level: .error),
            didCommit: { _ in })
    }

    private func leased(_ saga: Saga) -> LeasedSaga {
        LeasedSaga(saga: saga, leasedUntil: .after(milliseconds: 30_000))
    }

    @Test func `a saga is claimed by one, and by another when the lease is over`() throws {
        let harness = try SagaHarness()
        let id = try harness.placed(try harness.service.product("A"))
        let first = try claim(harness).sagas
        #expect(first.map(\.orderID) == [id])
        #expect(try claim(harness).sagas.isEmpty)
        let lease = try harness.database.number(
            "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), run_at) FROM order_sagas")
        #expect(25...30 ~= lease ?? 0)
        try harness.database.change("UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
        let second = try claim(harness).sagas
        #expect(second.map(\.orderID) == [id] && second[0].fence != first[0].fence)
        // Who was stopped for longer than the lease, and goes on.
        #expect(try results(harness).write(.refused(.discarded), of: leased(first[0])) == nil)
        #expect(harness.status(id) == "PENDING")
        #expect(try results(harness).write(.refused(.discarded), of: leased(second[0])) == nil)
        #expect(harness.status(id) == "REJECTED")
    }

    @Test func `a result counts for its own step only`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A")
        harness.gateway.fail(.confirm, .answers(status: 409, type: "idempotency_error"))
        let id = try harness.placed(product)
        try harness.run()
        try harness.makeDue()
        var saga = try #require(try claim(harness, asksGateway: true).sagas.first)
        #expect(saga.step == .authorize)
        saga.step = .reserve
        #expect(try results(harness).write(.refused(.insufficientStock), of: leased(saga)) == nil)
        #expect(try !results(harness).storePayment(id: "pi_9", of: leased(saga)))
        #expect(harness.status(id) == "STOCK_RESERVED")
        #expect(try harness.service.stock(product) == 9)
    }

    @Test func `a payment is not confirmed by who has lost the saga while it was made`() throws {
        let harness = try SagaHarness()
        let id = try harness.placed(try harness.service.product("A"))
        // The lease is over while the gateway makes the payment.
        harness.gateway.fail(.create, .answersLate(milliseconds: 200))
        try harness.runOneStep()
        let canceled = try inParallel(2) { index in
            if index == 0 {
                _ = try? harness.runner.runQueued()
                return 0
            }
            Thread.sleep(milliseconds: 100)
            return harness.cancel(id).status
        }
        #expect(canceled[1] == 200)
        #expect(harness.gateway.keys(.confirm).isEmpty)
        #expect(harness.status(id) == "CANCELED" && !harness.money.isHeld)
        #expect(try harness.sagaCount == 0)
    }

    @Test func `a dead saga is claimed by nobody, whatever its time`() throws {
        let harness = try SagaHarness()
        _ = try harness.placed(try harness.service.product("A"))
        let saga = try #require(try claim(harness).sagas.first)
        try harness.database.change(
            "UPDATE order_sagas SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND, step = 'VOID'")
        var void = saga
        void.step = .void
        #expect(try results(harness).write(.unknown("x"), of: leased(void)) == nil)
        #expect(
            try harness.database.number("SELECT COUNT(*) FROM order_sagas WHERE state = 'DEAD' AND run_at IS NULL") == 1
        )
        #expect(try claim(harness).sagas.isEmpty && claim(harness, asksGateway: true).sagas.isEmpty)
    }

    @Test func `a claim begins where the last one ended, and at the beginning once a minute`() throws {
        let harness = try SagaHarness()
        let id = try harness.placed(try harness.service.product("A"))
        try harness.database.change("UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE")
        let now = try harness.database.read(by: .after(milliseconds: 10_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in try session.now()
        }
        #expect(try claim(harness, after: now).sagas.isEmpty, "It was committed too late to be seen from there.")
        #expect(try claim(harness, after: now.adding(seconds: -56)).sagas.map(\.orderID) == [id])
        var start = SagaClaimStart()
        #expect(start.value(now: 1_000_000_000) == nil)
        start.note(now)
        #expect(start.value(now: 2_000_000_000) == now)
        #expect(start.value(now: 60_999_999_999) == now)
        #expect(start.value(now: 61_000_000_000) == nil)
        #expect(start.value(now: 62_000_000_000) == now)
    }

    @Test func `of more than a claim takes the oldest come first, and the next claim goes on behind them`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 100)
        let ids = try (0..<5).map { _ in try harness.placed(product) }
        for (index, id) in ids.enumerated() {
            try harness.database.change(
                "UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6) - INTERVAL \(100 - 10 * index) SECOND WHERE order_id = \(id)"
            )
        }
        let first = try claim(harness, limit: 2)
        #expect(first.sagas.map(\.orderID) == Array(ids.prefix(2)))
        #expect(try claim(harness, limit: 10, after: first.end).sagas.map(\.orderID) == Array(ids.dropFirst(2)))
    }

    @Test func `what takes stock is claimed apart from what asks the gateway`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 100)
        let ids = try (0..<4).map { _ in try harness.placed(product) }
        for (index, step) in [Saga.Step.authorize, .capture, .void].enumerated() {
            try harness.database.change(
                "UPDATE order_sagas SET step = \(step.rawValue) WHERE order_id = \(ids[index])")
        }
        #expect(try claim(harness).sagas.map(\.orderID) == [ids[3]])
        #expect(try Set(claim(harness, asksGateway: true).sagas.map(\.orderID)) == Set(ids.prefix(3)))
    }

    @Test func `two instances finish all orders, each once`() throws {
        let harness = try SagaHarness()
        let products = try (0..<3).map { try harness.service.product("P\($0)", priceCents: 100, stock: 15) }
        let other = try harness.service.anotherInstance()
        defer { other.close() }
        let runners = [try harness.runner, try #require(other.sagaRunner)]
        let workers = runners.flatMap { $0.makeWorkers() }
        for worker in workers { #expect(worker.start()) }
        defer {
            for worker in workers { worker.requestStop() }
            for worker in workers { #expect(worker.waitForEnd(by: .after(milliseconds: 10_000))) }
        }
        for operation in [ScriptedGateway.Operation.create, .confirm, .capture] {
            for _ in 1...3 {
                harness.gateway.fail(operation, .failsAfter)
                harness.gateway.fail(operation, .failsBefore)
            }
        }
        let ids = try inParallel(6) { caller in
            (0..<10).map {
                harness.place(products[($0 + caller) % 3], key: "\(caller)-\($0)").json["orderId"]?.integer ?? 0
            }
        }.flatMap { $0 }
        #expect(Set(ids).count == 60 && !ids.contains(0))
        #expect(try eventually(within: 40_000) { try harness.sagaCount == 0 })
        let statuses = ids.map(harness.status)
        #expect(statuses.count { $0 == "CONFIRMED" } == 45 && statuses.count { $0 == "REJECTED" } == 15)
        #expect(try products.map(harness.service.stock) == [0, 0, 0])
        #expect(try products.map(harness.service.ledgerLessHeld) == [0, 0, 0])
        #expect(harness.money.kept == 4500 && !harness.money.isHeld)
        #expect(harness.gateway.intents.allSatisfy { $0.captureCount <= 1 })
    }

    @Test func `an order that has taken its stock waits for nobody's lease where a process has more than it can do`()
        throws
    {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 1000)
        let runner = try harness.runner
        // It works from now on, as far as this test lets it.
        _ = runner.makeWorkers()
        for _ in 0..<20 { _ = try harness.placed(product) }
        let other = SagaService.new(
            orderID: 1_000_000, at: .capture, deadlineAt: Timestamp(microsecondsSince1970: 0), traceparent: nil)
        let isDone = Lock(false)
        _ = try inParallel(2) { index in
            if index == 0 {
                runner.runQueued(stepMax: 1)
                isDone.withLock { $0 = true }
            } else {
                // Every place that the batch leaves is taken.
                while !isDone.withLock({ $0 }) { runner.begin(other, lease: .after(milliseconds: 30_000)) }
            }
        }
        let due = try harness.database.number(
            "SELECT COUNT(*) FROM order_sagas WHERE step = 'AUTHORIZE' AND run_at <= UTC_TIMESTAMP(6)")
        #expect(due == 20)
    }

    @Test func `what finds no place when it comes to be queued is due for others at once`() throws {
        let harness = try SagaHarness()
        let product = try harness.service.product("A", stock: 100)
        for _ in 0..<3 { _ = try harness.placed(product) }
        let dispatcher = SagaDispatcher(
            asksGateway: false, results(harness), Logger(service: "tests", level: .error))
        let claimed = try claim(harness).sagas.map(leased)
        let due: SQL = "SELECT COUNT(*) FROM order_sagas WHERE run_at <= UTC_TIMESTAMP(6)"
        #expect(try claimed.count == 3 && harness.database.number(due) == 0)
        #expect(dispatcher.queue.add(Array(repeating: claimed[0], count: SagaQueue.lengthMax - 1)).isEmpty)
        dispatcher.add(claimed)
        #expect(try harness.database.number(due) == 2, "One had a place.")
    }

    @Test func `a process begins with its own orders at once, and others leave them to it for a moment`() throws {
        let harness = try SagaHarness()
        let workers = try harness.runner.makeWorkers()
        let id = try harness.placed(try harness.service.product("A"))
        #expect(try claim(harness).sagas.isEmpty)
        for worker in workers { #expect(worker.start()) }
        #expect(eventually { harness.status(id) == "CONFIRMED" })
        for worker in workers { worker.requestStop() }
        for worker in workers { #expect(worker.waitForEnd(by: .after(milliseconds: 10_000))) }
    }
}
