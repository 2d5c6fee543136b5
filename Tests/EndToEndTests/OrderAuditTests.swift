import Concurrency
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// The auditor that decides the chaos runs has to see every kind of damage, each by its own rule.
    struct OrderAuditTests {
        /// Orders in every state, and what is known of them.
        private struct Healthy {
            let product: Int64
            let acknowledged: [String: Int64]
            let called: Set<String>
            /// Made and confirmed through the orchestrator.
            let confirmed: Int64
            /// Made in the Orders API and left.
            let created: Int64
            /// Made and canceled in the Orders API.
            let canceled: Int64
            let asynchronous: Asynchronous
        }

        /// Asynchronous orders that have ended.
        private struct Asynchronous {
            let confirmed: Int64
            let declined: Int64
            /// Refunded.
            let canceled: Int64
            let free: Int64
        }

        private struct Damage {
            let rules: Set<OrderAudit.Rule>
            let statements: [SQL]

            init(_ rules: Set<OrderAudit.Rule>, _ statements: SQL...) {
                self.rules = rules
                self.statements = statements
            }
        }

        private static let services: [RunningSystem.Service] = [.customers, .paymentSimulator, .orders, .orchestrator]

        @Test func `a healthy system has no violations, whatever states its orders are in`() throws {
            try withSystem(OrderAuditTests.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                let healthy = try makeHealthy(system)
                let audit = OrderAudit(system.database)
                #expect(
                    try audit.violations(acknowledged: healthy.acknowledged, called: healthy.called) == [])
                #expect(try audit.violations() == [])
            }
        }

        @Test func `each kind of damage is found by its rule`() throws {
            try withSystem(OrderAuditTests.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                let healthy = try makeHealthy(system)
                try #require(try OrderAudit(system.database).violations() == [])
                let damages = damages(healthy) + damages(healthy.asynchronous)
                for damage in damages {
                    let violations = try violations(after: damage, healthy, system)
                    #expect(
                        Set(violations.map(\.rule)) == damage.rules, "\(damage.statements.map(\.text)): \(violations)")
                    #expect(violations.allSatisfy { $0.description.hasSuffix(".") })
                }
                #expect(Set(damages.flatMap(\.rules)) == Set(OrderAudit.Rule.allCases))
            }
        }

        @Test func `an acknowledgement of an order that another key made, or of none, is a violation`() throws {
            try withSystem(OrderAuditTests.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                let healthy = try makeHealthy(system)
                let audit = OrderAudit(system.database)
                for (key, id) in [("first", healthy.created), ("unknown", healthy.confirmed), ("first", 4711)] {
                    let violations = try audit.violations(acknowledged: [key: id])
                    #expect(violations.map(\.rule) == [.acknowledged], "\(key), \(id)")
                }
                let unasked = try audit.violations(called: ["first"])
                #expect(Set(unasked.map(\.rule)) == [.stepKey])
            }
        }

        private func makeHealthy(_ system: RunningSystem) throws -> Healthy {
            let customer = try system.makeCustomer()
            let product = try system.makeProduct(priceCents: 250, stock: 100)
            let other = try system.makeProduct(stock: 40)
            try system.adjustStock(of: other, by: -5, key: "damaged")
            let reply = try system.placeOrder(customer, product, quantity: 3, key: "first")
            _ = try system.placeOrder(customer, other, quantity: 1, key: "second")
            let body = #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":2}]}"#
            func create(_ key: String) throws -> Int64 {
                try system.orders.send(
                    .post, "/admin/orders/create-order", body, headers: ["X-Idempotency-Key": key]
                ).integer("id")
            }
            let created = try create("left")
            let canceled = try create("undone")
            for (step, key) in [("confirm", "undone-1"), ("cancel", "undone-2"), ("cancel", "undone-3")] {
                let reply = try system.orders.send(
                    .post, "/admin/orders/\(canceled)/\(step)", headers: ["X-Idempotency-Key": key])
                #expect(reply.status == 200)
            }
            let confirmed = try #require(reply.data["order"]?["id"]?.integer)
            return Healthy(
                product: product, acknowledged: ["first": confirmed], called: ["first", "second"], confirmed: confirmed,
                created: created, canceled: canceled, asynchronous: try makeAsynchronous(system, customer, product))
        }

        private func makeAsynchronous(
            _ system: RunningSystem, _ customer: Int64, _ product: Int64
        ) throws -> Asynchronous {
            let free = try system.makeProduct(priceCents: 0)
            func place(_ product: Int64, _ method: String = "pm_card_visa") throws -> Int64 {
                let reply = try system.orders.send(
                    .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":2,"payment_method":"\#(method)"}"#,
                    headers: ["Authorization": "Bearer \(RunningSystem.customerToken(customer))"])
                return try #require(reply.json["orderId"]?.integer)
            }
            let orders = Asynchronous(
                confirmed: try place(product), declined: try place(product, "pm_card_chargeDeclined"),
                canceled: try place(product), free: try place(free))
            try waitUntil { try system.count("SELECT COUNT(*) FROM order_sagas") == 0 }
            let reply = try system.orders.send(
                .post, "/admin/orders/\(orders.canceled)/cancel", headers: ["X-Idempotency-Key": "refunded"])
            #expect(reply.status == 200)
            try waitUntil { try system.count("SELECT COUNT(*) FROM order_sagas") == 0 }
            return orders
        }

        private func damages(_ orders: Asynchronous) -> [Damage] {
            let ledgerOfConfirmed: SQL =
                "intent_number = (SELECT number FROM gateway_intents WHERE order_id = \(orders.confirmed))"
            func saga(_ orderID: Int64, _ state: String) -> SQL {
                """
                INSERT INTO order_sagas (order_id, step, state, fence, attempts, key_generation, deadline_at)
                VALUES (\(orderID), 'VOID', \(state), 1, 0, 0, UTC_TIMESTAMP(6))
                """
            }
            return [
                Damage([.sagas], saga(orders.free, "DEAD")),
                Damage([.sagas], "UPDATE orders SET needs_attention = TRUE WHERE id = \(orders.confirmed)"),
                Damage(
                    [.sagas, .payments, .events],
                    "UPDATE orders SET status = 'PAID', confirmed_at = NULL WHERE id = \(orders.confirmed)"),
                Damage(
                    [.payments],
                    "INSERT INTO gateway_ledger (intent_number, kind, amount, created_at) SELECT intent_number, kind, amount, created_at FROM gateway_ledger WHERE kind = 'capture' AND "
                        + ledgerOfConfirmed),
                Damage([.payments], "DELETE FROM gateway_ledger WHERE kind = 'capture' AND " + ledgerOfConfirmed),
                Damage([.payments], "DELETE FROM gateway_ledger WHERE " + ledgerOfConfirmed),
                Damage([.payments], "DELETE FROM gateway_ledger WHERE kind = 'refund'"),
                Damage([.payments], "UPDATE gateway_ledger SET amount = amount - 1 WHERE kind = 'refund'"),
                Damage(
                    [.payments],
                    "UPDATE gateway_intents SET status = 'requires_capture' WHERE order_id = \(orders.declined)"),
                Damage(
                    [.payments], "UPDATE gateway_intents SET capturable = 1 WHERE order_id = \(orders.confirmed)"),
                Damage(
                    [.payments], "UPDATE gateway_ledger SET amount = amount + 1 WHERE kind = 'authorization'"),
                Damage([.payments], "UPDATE orders SET payment_id = NULL WHERE id = \(orders.confirmed)"),
                Damage([.payments], "UPDATE gateway_intents SET order_id = NULL WHERE order_id = \(orders.declined)"),
            ]
        }

        private func damages(_ healthy: Healthy) -> [Damage] {
            let (order, created) = (healthy.confirmed, healthy.created)
            let confirmScope = "confirmOrder:\(order)"
            return [
                Damage([.stock], "UPDATE products SET stock = stock - 1 WHERE id = \(healthy.product)"),
                Damage([.stock], "UPDATE stock_adjustments SET delta = delta + 1 WHERE delta = -5"),
                Damage([.stock], "DELETE FROM stock_adjustments WHERE product_id = \(healthy.product)"),
                Damage(
                    [.stock],
                    "INSERT INTO stock_adjustments (product_id, delta, reason, created_at) VALUES (\(healthy.product), 0, 'INITIAL', '2026-01-01')"
                ),
                Damage([.stock], "DELETE FROM products WHERE id = \(healthy.product)"),
                Damage([.totals, .reply], "UPDATE orders SET total_cents = total_cents + 1 WHERE id = \(created)"),
                Damage(
                    [.totals],
                    "INSERT INTO order_items SELECT 4711, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents FROM order_items WHERE order_id = \(order)"
                ),
                Damage([.totals], "UPDATE order_items SET unit_price_cents = 1 WHERE order_id = \(order)"),
                Damage([.totals, .stock, .reply], "DELETE FROM order_items WHERE order_id = \(order)"),
                Damage([.state], "UPDATE orders SET cancel_reason = 'expired' WHERE id = \(order)"),
                Damage(
                    [.state, .keyWithoutEffect, .events],
                    "UPDATE orders SET status = 'LOST' WHERE id = \(healthy.canceled)"),
                Damage(
                    [.effectWithoutKey],
                    "DELETE FROM idempotency_keys WHERE scope = 'createOrder' AND idempotency_key = 'left'"),
                Damage(
                    [.effectWithoutKey, .events],
                    "UPDATE orders SET status = 'CONFIRMED', confirmed_at = created_at WHERE id = \(created)"),
                Damage(
                    [.effectWithoutKey, .stock, .events],
                    """
                    UPDATE orders SET status = 'CANCELED', cancel_reason = 'requested', canceled_at = created_at
                    WHERE id = \(created)
                    """),
                Damage(
                    [.keyWithoutEffect, .stock, .events], "DELETE FROM orders WHERE id = \(created)",
                    "DELETE FROM order_items WHERE order_id = \(created)"),
                Damage(
                    [.keyWithoutEffect, .acknowledged, .events],
                    "UPDATE orders SET status = 'CREATED', confirmed_at = NULL WHERE id = \(order)"),
                Damage([.events], "DELETE FROM order_events WHERE order_id = \(order) AND version = 1"),
                Damage([.events], "DELETE FROM event_log WHERE seq = 1"),
                Damage([.events], "UPDATE event_log SET seq = seq + 1000 WHERE order_id = \(order) AND version = 1"),
                Damage([.events], "UPDATE orders SET version = version + 1 WHERE id = \(order)"),
                Damage([.events], "UPDATE event_sequence SET seq = seq + 1"),
                Damage(
                    [.events],
                    "INSERT INTO event_outbox (order_id, version, type) VALUES (\(order), 2, 'order.confirmed')"),
                Damage(
                    [.severalKeys],
                    """
                    INSERT INTO idempotency_keys SELECT scope, 'again', fingerprint, status_code, location, response_body,
                        created_at, expires_at FROM idempotency_keys WHERE scope = \(confirmScope)
                    """),
                Damage(
                    [.stepKey],
                    """
                    UPDATE idempotency_keys SET idempotency_key = CONCAT('orchestrator-confirm-', created_at)
                    WHERE scope = \(confirmScope)
                    """),
                Damage(
                    [.reply],
                    """
                    UPDATE idempotency_keys SET response_body = REPLACE(response_body, '"qty":3', '"qty":4')
                    WHERE scope = \(confirmScope)
                    """),
                Damage([.reply], "UPDATE orders SET confirmed_at = created_at WHERE id = \(order)"),
                Damage(
                    [.acknowledged, .stock, .effectWithoutKey, .events],
                    """
                    UPDATE orders SET status = 'CANCELED', cancel_reason = 'requested', canceled_at = confirmed_at
                    WHERE id = \(order)
                    """),
            ]
        }

        /// What the audit finds while a transaction has done the damage; it is rolled back.
        private func violations(
            after damage: Damage, _ healthy: Healthy, _ system: RunningSystem
        ) throws -> [OrderAudit.Violation] {
            do {
                return try system.database.transaction(by: .after(milliseconds: 10_000)) {
                    (transaction: borrowing Transaction<Undone>) throws(Undone) -> [OrderAudit.Violation] in
                    for statement in damage.statements { _ = try transaction.execute(statement) }
                    let violations = try OrderAudit.violations(
                        acknowledged: healthy.acknowledged, called: healthy.called, in: transaction)
                    guard violations.isEmpty else { throw .afterwards(violations) }
                    return violations
                }
            } catch Undone.afterwards(let violations) {
                return violations
            }
        }

        private enum Undone: DatabaseFailure {
            case afterwards([OrderAudit.Violation])
            case database(DatabaseError)

            init(_ error: DatabaseError) { self = .database(error) }

            var databaseError: DatabaseError? {
                if case .database(let error) = self { error } else { nil }
            }
        }
    }
}
