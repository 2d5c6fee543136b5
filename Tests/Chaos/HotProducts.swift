import Concurrency
import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import SeededRandom
import SystemTesting

/// R4: many clients race for the last pieces of a few products, their lines in any order. What is sold is what there was, and
/// the database meets no deadlock.
struct HotProducts: Sendable {
    /// The figures' size; the tests of each change use less.
    var clientCount = 64
    var productCount = 6
    var stock = 120
    /// Requests of each client while orders, confirmations, cancellations and new prices mix.
    var mixedCount = 25
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        // A server of its own, so that its count of deadlocks is this run's.
        let server = try DedicatedTestServer()
        let system = try RunningSystem(on: try server.makeSchema())
        defer { system.stop() }
        let before = try deadlocks(system)
        let customer = try system.makeCustomer()

        let last = try (0..<productCount).map { _ in try system.makeProduct(stock: stock) }
        let race = HotProductsCounts(try forEachClient { try buyOut(last, customer, $0, &$1, system) })
        let unsold = try last.reduce(0) { $0 + (try system.stock(of: $1)) }
        let sold = try last.map {
            try system.count("SELECT CAST(SUM(qty) AS SIGNED) FROM order_items WHERE product_id = \($0)")
        }
        let raceDeadlocks = try deadlocks(system) - before

        let mixed = try (0..<productCount).map { _ in try system.makeProduct(stock: stock) }
        let orders = Lock<[Int64]>([])
        let mixture = HotProductsCounts(
            try forEachClient { number, random in
                try (0..<mixedCount).map { step in
                    try mix(mixed, customer, key: "mixed-\(number)-\(step)", orders, &random, system)
                }
            })
        let violations = try OrderAudit(system.database).violations()
        let mixedDeadlocks = try deadlocks(system) - before - raceDeadlocks

        for line in race.wrong.prefix(5) + mixture.wrong.prefix(5) + violations.prefix(5).map(\.description) {
            print("  \(line)")
        }
        let isExact = sold.allSatisfy { $0 == stock } && unsold == 0
        print(
            """
            hot products: \(clientCount) clients race for \(productCount) × \(stock) pieces: \(sold.reduce(0, +)) sold, \
            \(unsold) left, \(race.done) orders, \(race.refused) refused, \(raceDeadlocks) deadlocks, \(race.wrong.count) \
            other answers; mixed with confirmations, cancellations, prices and adjustments: \(mixture.done) done, \(mixture.refused) \
            refused, \(mixedDeadlocks) deadlocks, \(mixture.wrong.count) other answers, \(violations.count) audit violations; \
            seed \(seed)
            """)
        return isExact && race.isClean && mixture.isClean && violations.isEmpty && raceDeadlocks == 0
            && mixedDeadlocks == 0
    }

    private func forEachClient(
        _ body: @escaping @Sendable (Int, inout SeededRandom) throws -> [Reply]
    ) throws -> [Reply] {
        var source = SeededRandom(seed: seed)
        let seeds = (0..<clientCount).map { _ in source.next() }
        return try inParallel(clientCount) { number in
            var random = SeededRandom(seed: seeds[number])
            return try body(number, &random)
        }.flatMap { $0 }
    }

    /// Orders of several lines until three were refused, then single pieces of each product until none is left.
    private func buyOut(
        _ products: [Int64], _ customer: Int64, _ client: Int, _ random: inout SeededRandom, _ system: RunningSystem
    ) throws -> [Reply] {
        var replies: [Reply] = []
        func order(_ items: [(Int64, Int)]) throws -> Reply {
            let key = "race-\(client)-\(replies.count)"
            // Every other client goes through the orchestrator.
            let reply =
                client.isMultiple(of: 2)
                ? try system.orchestrator.send(
                    .post, "/orchestrator/create-and-confirm-order", orderBody(customer, items, key: key))
                : try system.orders.send(
                    .post, "/admin/orders/create-order", orderBody(customer, items, key: key),
                    headers: ["X-Idempotency-Key": key])
            replies.append(reply)
            return reply
        }
        // Each order takes a piece at least: a client with more of them than there are pieces proves that stock is made.
        let repliesMax = productCount * stock + 10
        var refusedCount = 0
        while refusedCount < 3, replies.count < repliesMax {
            let lines = (0..<Int.random(in: 2...4, using: &random)).map { _ in
                (products.randomElement(using: &random) ?? 0, 1)
            }
            if try order(lines).status != 201 { refusedCount += 1 }
        }
        for product in products.shuffled(using: &random) {
            while replies.count < repliesMax, try order([(product, 1)]).status == 201 {}
        }
        return replies
    }

    /// One request of a random kind.
    private func mix(
        _ products: [Int64], _ customer: Int64, key: String, _ orders: Lock<[Int64]>, _ random: inout SeededRandom,
        _ system: RunningSystem
    ) throws -> Reply {
        let headers: HeaderFields = ["X-Idempotency-Key": key]
        let known = orders.withLock { $0 }.randomElement(using: &random)
        switch (Int.random(in: 0..<10, using: &random), known) {
        case (0, let order?), (1, let order?):
            return try system.orders.send(.post, "/admin/orders/\(order)/confirm", headers: headers)
        case (2, let order?), (3, let order?), (4, let order?):
            return try system.orders.send(.post, "/admin/orders/\(order)/cancel", headers: headers)
        case (5, _):
            let price = Int.random(in: 1...9999, using: &random)
            return try system.orders.send(
                .patch, "/admin/products/update/\(products.randomElement(using: &random) ?? 0)",
                #"{"price_cents":\#(price)}"#, headers: headers)
        case (6, _):
            return try system.adjustStock(
                of: products.randomElement(using: &random) ?? 0, by: .random(in: -3...3, using: &random), key: key)
        default:
            let lines = products.shuffled(using: &random).prefix(.random(in: 2...4, using: &random)).map {
                ($0, Int.random(in: 1...3, using: &random))
            }
            let reply = try system.orders.send(
                .post, "/admin/orders/create-order", orderBody(customer, lines, key: key), headers: headers)
            if reply.status == 201 {
                let id = try reply.integer("id")
                orders.withLock { $0.append(id) }
            }
            return reply
        }
    }

    /// How many deadlocks the server has met since it started.
    private func deadlocks(_ system: RunningSystem) throws -> Int64 {
        try system.count(
            "SELECT CAST(`COUNT` AS SIGNED) FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'")
    }
}

/// What the clients were answered.
struct HotProductsCounts {
    var done = 0
    /// Refused as the contract says, for what others had done before.
    var refused = 0
    private static let refusals: Set = ["insufficient-stock", "stock-out-of-range", "order-not-confirmable"]
    /// Anything else.
    var wrong: [String] = []

    var isClean: Bool { wrong.isEmpty && done > 0 }

    init(_ replies: [Reply]) {
        for reply in replies {
            if 200..<300 ~= reply.status {
                done += 1
            } else if let code = reply.code, HotProductsCounts.refusals.contains(code) {
                refused += 1
            } else {
                wrong.append("\(reply.status) \(String(decoding: reply.response.body, as: UTF8.self))")
            }
        }
    }
}
