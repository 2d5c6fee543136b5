import BlockingTesting
import Concurrency
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Settings
import Testing

@testable import PaymentSimulator

/// What an auditor reads, and what time does to holds and keys.
@Suite(.blocking) struct LedgerTests {
    /// The simulator without its port.
    private final class Harness {
        let app: SimulatorApp
        let client: ApplicationClient
        private let schema: TestSchema

        init() throws {
            schema = try TestDatabase.makeSchema()
            var reader = EnvironmentReader(schema.environment)
            app = SimulatorApp(try SimulatorConfig(&reader))
            client = ApplicationClient(app.base.application(routes: app.routes))
            try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
        }

        deinit { app.base.database.close() }

        func post(_ path: String, _ form: String = "", key: String? = nil) -> ServiceTesting.Reply {
            var client = client.with(token: SimulatorConfig.exampleKey.revealed)
                .with("Content-Type", "application/x-www-form-urlencoded")
            if let key { client = client.with("Idempotency-Key", key) }
            return client.post("/v1/\(path)", form)
        }

        func held(order: Int64) -> String {
            let form =
                "amount=500&currency=usd&capture_method=manual&payment_method=pm_card_visa&metadata[order_id]=\(order)"
            let id = post("payment_intents", form).json["id"]?.string ?? ""
            _ = post("payment_intents/\(id)/confirm")
            return id
        }
    }

    @Test func `the ledger is walked page by page, each payment once`() throws {
        let harness = try Harness()
        let ids = (1...25).map { harness.held(order: Int64($0 % 5 + 1)) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = harness.client.get("/_simulator/ledger?limit=10" + (cursor.map { "&cursor=\($0)" } ?? ""))
            seen += (page.data.array ?? []).compactMap { $0["payment_intent"]?.string }
            cursor = page.nextCursor
        } while cursor != nil
        #expect(seen == ids.reversed())
        let ofOrder = harness.client.get("/_simulator/ledger?order_id=3&limit=1000")
        #expect(ofOrder.data.array?.count == 5)
        #expect(
            ofOrder.data.array?.allSatisfy { $0["order_id"] == .integer(3) && $0["authorization_count"] == .integer(1) }
                == true)
        #expect(harness.client.get("/_simulator/ledger?cursor=AQ").code == "invalid-cursor")
        #expect(harness.client.get("/_simulator/ledger?limit=0&order_id=x").code == "validation-failed")
    }

    @Test func `a hold is let go after seven days, and not before`() throws {
        let harness = try Harness()
        let (old, young) = (harness.held(order: 1), harness.held(order: 2))
        let database = harness.app.base.database
        try database.change(
            "UPDATE gateway_intents SET authorized_at = authorized_at - INTERVAL 169 HOUR WHERE id = \(old)")
        try database.change(
            "UPDATE gateway_intents SET authorized_at = authorized_at - INTERVAL 167 HOUR WHERE id = \(young)")
        try harness.app.sweep.run()
        try harness.app.sweep.run()
        let captured = [old, young].map { harness.post("payment_intents/\($0)/capture") }
        #expect(captured.map(\.status) == [400, 200])
        #expect(captured[0].json["error"]?["payment_intent"]?["cancellation_reason"] == .string("automatic"))
        let accounts = harness.client.get("/_simulator/ledger?order_id=1").data.array ?? []
        #expect(accounts.first?["cancellation_cents"] == .integer(500))
        #expect(accounts.first?["cancellation_count"] == .integer(1))
    }

    /// Of 3,000 payments, 100 orders have 30 each; every third was captured.
    @Test func `a page of the ledger costs its own rows, however deep it lies`() throws {
        let harness = try Harness()
        let database = harness.app.base.database
        try database.change(
            """
            INSERT INTO gateway_intents (id, order_id, amount, currency, capture_method, metadata, status, capturable, received,
                refunded, created_at, authorized_at)
            SELECT CONCAT('pi_', number), number % 100 + 1, 500, 'usd', 'manual', '{}',
                IF(number % 3 = 0, 'succeeded', 'requires_capture'), 0, 0, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
            FROM \(SQL.numbers(below: 3000)) ORDER BY number
            """)
        for kind in ["authorization", "capture"] {
            try database.change(
                """
                INSERT INTO gateway_ledger (intent_number, kind, amount, created_at)
                SELECT number, \(kind), 500, UTC_TIMESTAMP(6) FROM gateway_intents
                """)
        }
        for orderID in [nil, Int64(7), 1000] {
            for beforeID in [nil, Int64(2500), 30] {
                let read = try database.read(by: .after(milliseconds: 20_000)) {
                    (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                    try session.rowsRead { (session) throws(DatabaseError) in
                        _ = try LedgerStore().accounts(
                            orderID: orderID, beforeID: beforeID, limit: 21, in: session)
                    }
                }
                // Each payment, its two entries, and what grouping those reads again.
                #expect(read <= 6 * 21, "\(orderID ?? 0) below \(beforeID ?? .max)")
            }
        }
    }

    @Test func `keys are forgotten when they are old`() throws {
        let harness = try Harness()
        let form = "amount=500&currency=usd"
        let first = harness.post("payment_intents", form, key: "k1").json["id"]
        try harness.app.sweep.run()
        #expect(harness.post("payment_intents", form, key: "k1").json["id"] == first)
        try harness.app.base.database.change("UPDATE gateway_keys SET created_at = created_at - INTERVAL 73 HOUR")
        try harness.app.sweep.run()
        #expect(harness.post("payment_intents", form, key: "k1").json["id"] != first)
    }

    @Test func `a payment that another transaction holds for long is told as locked`() throws {
        let harness = try Harness()
        let id = harness.held(order: 1)
        let reply = try harness.app.base.database.transaction(by: .after(milliseconds: 30_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try transaction.execute("UPDATE gateway_intents SET description = 'held' WHERE id = \(id)")
            return harness.post("payment_intents/\(id)/capture", key: "k1")
        }
        #expect(reply.status == 429, "\(reply)")
        #expect(reply.json["error"]?["code"] == .string("lock_timeout"))
        #expect(harness.post("payment_intents/\(id)/capture", key: "k1").status == 200)
    }
}
