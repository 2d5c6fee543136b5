import BlockingTesting
import Concurrency
@testable import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Telemetry
import Testing
import WebApplication

/// The sweep as an operation, for a schedule outside the process.
@Suite(.blocking) struct CancelAbandonedTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness
    private let chair: Int64
    private let service: ApplicationClient

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(
            customers: customers.url, ["SERVICE_TOKEN": TestTokens.service, "API_TOKEN": TestTokens.api])
        service = harness.client.with(token: TestTokens.service)
        let product = service.post(
            "/admin/products/create-product", #"{"sku":"chair","name":"Chair","price_cents":1000,"stock":2000}"#)
        chair = product.id
    }

    private static let path = "/admin/orders/internal/cancel-abandoned"

    private func makeOrders(_ count: Int) throws {
        for _ in 0..<count {
            let body = newOrder(customers.ana, [(chair, 1)])
            try #require(service.post(ServiceHarness.createPath, body).status == 201)
        }
    }

    private func age() throws {
        try harness.database.change("UPDATE orders SET created_at = created_at - INTERVAL 16 MINUTE")
    }

    @Test func `it cancels what is abandoned, once, and says that nothing is left`() throws {
        try makeOrders(3)
        try age()
        try makeOrders(1)
        let first = service.post(CancelAbandonedTests.path)
        #expect(first.status == 200, "\(first)")
        #expect(first.body == Array(#"{"data":{"canceled_count":3,"has_more":false}}"#.utf8))
        #expect(try harness.stock(chair) == 1999)
        let second = service.post(CancelAbandonedTests.path)
        #expect(second.data["canceled_count"] == .integer(0))
        #expect(second.data["has_more"] == .bool(false))
        #expect(try harness.stock(chair) == 1999)
    }

    @Test func `it needs the service token`() {
        for client in [harness.client, harness.client.with(token: TestTokens.api), harness.client.with(token: "other")]
        {
            let reply = client.post(CancelAbandonedTests.path)
            #expect(reply.status == 401, "\(reply)")
            #expect(reply.code == "unauthorized")
        }
    }

    @Test func `a run stops at its bound and says that more may be left`() throws {
        try makeOrders(5)
        try age()
        let deadline = Deadline.after(milliseconds: 20_000)
        let first = try harness.app.sweep.run(countMax: 2, by: deadline)
        #expect(first.canceledCount == 2)
        #expect(first.hasMore)
        let second = try harness.app.sweep.run(countMax: 3, by: deadline)
        #expect(second.canceledCount == 3)
        #expect(!second.hasMore)
        let late = try harness.app.sweep.run(countMax: 3, by: .after(milliseconds: 0))
        #expect(late.canceledCount == 0)
        #expect(late.hasMore)
    }

    @Test func `a call without time to sweep has not swept`() throws {
        try makeOrders(1)
        try age()
        let reply = service.with("X-Request-Timeout-Ms", "400").post(CancelAbandonedTests.path)
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.data["canceled_count"] == .integer(0))
        #expect(reply.data["has_more"] == .bool(true))
        #expect(service.with("X-Request-Timeout-Ms", "soon").post(CancelAbandonedTests.path).code == "invalid-header")
    }
}
