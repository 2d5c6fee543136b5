import BlockingTesting
import Concurrency
import ConcurrencyTesting
import JSON
import MySQL
@testable import OrdersAPI
import SeededRandom
import ServiceTesting
import Testing

/// Orders made while their customers and products change.
@Suite(.blocking) struct OrderingMeanwhileTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    /// The answer to an order of two pieces that had read the product when `change` of it was under way, not yet committed.
    private func order(of product: Int64, meeting change: SQL) throws -> Reply {
        let answer = Lock<Reply?>(nil)
        var thread: Thread?
        try harness.holding(change) {
            thread = Thread.start { [harness, customers] in
                let reply = harness.order(customers.ana, [(product, 2)], key: "key-\(product)")
                answer.withLock { $0 = reply }
            }
            let isWaiting = try harness.hasWaiting(1)
            #expect(isWaiting)
        }
        thread?.join()
        return try #require(answer.withLock { $0 })
    }

    @Test func `an order that meets a change of its product ends as if it had come after it`() throws {
        let dearer = try harness.product("dearer")
        let repriced = try order(of: dearer, meeting: "UPDATE products SET price_cents = 1200 WHERE id = \(dearer)")
        #expect(repriced.status == 201, "\(repriced)")
        #expect(repriced.data["total_cents"] == .integer(2400))
        #expect(try harness.stock(dearer) == 8)

        let withdrawn = try harness.product("withdrawn")
        let refused = try order(of: withdrawn, meeting: "UPDATE products SET is_active = FALSE WHERE id = \(withdrawn)")
        #expect(refused.status == 422, "\(refused)")
        #expect(refused.code == "product-inactive")
        #expect(try harness.stock(withdrawn) == 10)

        let short = try harness.product("short")
        let soldOut = try order(of: short, meeting: "UPDATE products SET stock = 1 WHERE id = \(short)")
        #expect(soldOut.code == "insufficient-stock", "\(soldOut)")
        #expect(try harness.stock(short) == 1)

        let refilled = try harness.product("refilled")
        let reply = try order(of: refilled, meeting: "UPDATE products SET stock = 50 WHERE id = \(refilled)")
        #expect(reply.status == 201, "\(reply)")
        #expect(try harness.stock(refilled) == 48)
        #expect(try harness.orderCount == 2)
    }

    @Test func `stock is neither lost nor made while prices are set and stocks adjusted`() throws {
        let products = try (0..<3).map { try harness.product("product-\($0)", priceCents: 1, stock: 40) }
        let versionCount: Int64 = 25
        let delta: Int64 = 3
        var source = SeededRandom("orders meeting new prices and stocks")
        let seeds = (0..<9).map { _ in source.next() }
        let replies = try inParallel(seeds.count) { [harness, customers] number -> [Reply] in
            var random = SeededRandom(seed: seeds[number])
            if number < 3 {
                return (2...versionCount).flatMap { version in
                    [
                        harness.client.patch(
                            "/admin/products/update/\(products[number])", #"{"price_cents":\#(version)}"#),
                        harness.adjust(products[number], delta, key: "key-\(version)"),
                    ]
                }
            }
            return (0..<30).map { _ in
                let lines = products.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
                return harness.order(customers.ana, lines.map { ($0, Int64.random(in: 1...3, using: &random)) })
            }
        }
        #expect(replies[..<3].joined().allSatisfy { $0.status == 200 })
        let orders = replies[3...].joined()
        #expect(orders.allSatisfy { $0.status == 201 || $0.code == "insufficient-stock" }, "\(unexpected(orders))")
        var taken: [Int64: Int64] = [:]
        for order in orders where order.status == 201 {
            var total: Int64 = 0
            for item in order.data["items"]?.array ?? [] {
                let product = try #require(item["product_id"]?.integer)
                let version = try #require(item["unit_price_cents"]?.integer)
                let quantity = try #require(item["qty"]?.integer)
                #expect(1...versionCount ~= version, "A price that never was.")
                taken[product, default: 0] += quantity
                total += version * quantity
            }
            #expect(order.data["total_cents"] == .integer(total))
        }
        for product in products {
            #expect(try harness.stock(product) == 40 + (versionCount - 1) * delta - (taken[product] ?? 0))
            #expect(try harness.stock(product) == harness.ledgerLessHeld(product))
        }
    }

    @Test func `once a product is withdrawn no order takes it, and none that was refused has taken anything`() throws {
        let chair = try harness.product("chair", stock: 1000)
        let lamp = try harness.product("lamp", stock: 1000)
        try expectCleanEnd(code: "product-inactive", chair, lamp) { [harness] in
            harness.client.patch("/admin/products/logic-delete/\(lamp)")
        }
    }

    @Test func `once a customer is deactivated they order nothing more`() throws {
        let chair = try harness.product("chair", stock: 1000)
        let lamp = try harness.product("lamp", stock: 1000)
        try expectCleanEnd(code: "customer-inactive", chair, lamp) { [customers] in customers.deactivate(customers.ana)
        }
    }

    /// Orders of both products from several threads, while `end` ends that: each order is made, or refused with `code`;
    /// none that began after `end` had been answered is made.
    private func expectCleanEnd(
        code: String, _ chair: Int64, _ lamp: Int64, _ end: @escaping @Sendable () -> Reply
    ) throws {
        let hasEnded = Lock(false)
        let madeCount = Observed(0)
        let replies = try inParallel(6) { [harness, customers] number -> [(isLate: Bool, reply: Reply)] in
            if number == 0 {
                #expect(madeCount.wait { $0 >= 10 })
                let reply = end()
                hasEnded.withLock { $0 = true }
                return [(false, reply)]
            }
            return (0..<15).map { _ in
                let isLate = hasEnded.withLock { $0 }
                let reply = harness.order(customers.ana, [(lamp, 1), (chair, 1)])
                madeCount.change { $0 += 1 }
                return (isLate, reply)
            }
        }
        #expect(replies[0][0].reply.status == 200)
        let orders = replies[1...].joined()
        #expect(orders.allSatisfy { $0.reply.status == 201 || $0.reply.code == code })
        #expect(orders.allSatisfy { !$0.isLate || $0.reply.code == code })
        let sold = Int64(orders.filter { $0.reply.status == 201 }.count)
        #expect(try harness.stock(chair) == 1000 - sold)
        #expect(try harness.stock(lamp) == 1000 - sold)
        #expect(try harness.orderCount == sold)
    }

    private func unexpected(_ replies: some Sequence<Reply>) -> [Reply] {
        replies.filter { $0.status != 201 && $0.code != "insufficient-stock" }
    }
}
