import Concurrency
import CurlHTTPClient
import Foundation
import HTTPMessages
import JSON
import SeededRandom
import SystemTesting

/// R19: 64 clients search without pause while 8 place orders through the orchestrator; the orders' times with and without them.
struct SearchesBesideOrders: Sendable {
    private static let searchClientCount = 64
    private static let orderClientCount = 8
    private static let roundCount = 3
    private static let roundSeconds = 10.0
    /// The figure's limit.
    private static let ratioMax = 2.0

    let system: RunningSystem
    let rows: ListRows
    let seed: UInt64

    private struct Round {
        /// Milliseconds of each order, ascending.
        let orders: [Double]
        let failedOrders: Int
        let searches: [Double]
        let statuses: [Int: Int]
    }

    /// Prints the figure.
    ///
    /// - Returns: whether the orders' p99 stayed within the limit and all were placed.
    func run() throws -> Bool {
        let product = try system.makeProduct(stock: 1_000_000_000)
        _ = try round("warm", seconds: 2, product, searching: true)
        var ratios: [Double] = []
        var failed = 0
        for number in 0..<SearchesBesideOrders.roundCount {
            let alone = try round(
                "alone-\(number)", seconds: SearchesBesideOrders.roundSeconds, product, searching: false)
            let beside = try round(
                "beside-\(number)", seconds: SearchesBesideOrders.roundSeconds, product, searching: true)
            ratios.append(beside.orders.percentile(99) / alone.orders.percentile(99))
            failed += alone.failedOrders + beside.failedOrders
            print(
                String(
                    format:
                        "orders alone: %d, p50 %.1f ms, p99 %.1f ms; beside %d searches (p50 %.1f ms, p99 %.1f ms; %@): "
                        + "%d, p50 %.1f ms, p99 %.1f ms; p99 × %.2f",
                    alone.orders.count, alone.orders.percentile(50), alone.orders.percentile(99),
                    beside.searches.count, beside.searches.percentile(50), beside.searches.percentile(99),
                    beside.statuses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(
                        separator: ", "),
                    beside.orders.count, beside.orders.percentile(50), beside.orders.percentile(99), ratios[number]))
        }
        let median = ratios.percentile(50)
        print(
            String(
                format: "searches beside orders: p99 of orders × %.2f (median of %d), %d orders failed; seed %llu",
                median,
                ratios.count, failed, seed))
        return median <= SearchesBesideOrders.ratioMax && failed == 0
    }

    private func round(_ name: String, seconds: Double, _ product: Int64, searching: Bool) throws -> Round {
        let end = Deadline.after(milliseconds: Int(seconds * 1000))
        let clientCount =
            SearchesBesideOrders.orderClientCount + (searching ? SearchesBesideOrders.searchClientCount : 0)
        let done = try inParallel(clientCount) { number -> [(milliseconds: Double, status: Int)] in
            var random = SeededRandom(seed: seed &+ UInt64(number))
            var replies: [(milliseconds: Double, status: Int)] = []
            while !end.hasPassed {
                let start = Deadline.nowUptimeNanoseconds()
                let status =
                    number < SearchesBesideOrders.orderClientCount
                    ? try system.placeOrder(
                        Int64.random(in: 3...1000, using: &random), product, quantity: 1,
                        key: "\(name)-\(number)-\(replies.count)"
                    ).status
                    : try search(&random)
                replies.append((Double(Deadline.nowUptimeNanoseconds() - start) / 1_000_000, status))
                // As `Retry-After` asks.
                if status == 503 { Concurrency.Thread.sleep(milliseconds: 1000) }
            }
            return replies
        }
        let orders = done.prefix(SearchesBesideOrders.orderClientCount).flatMap { $0 }
        let searches = done.dropFirst(SearchesBesideOrders.orderClientCount).flatMap { $0 }
        return Round(
            orders: orders.map(\.milliseconds).sorted(), failedOrders: orders.count { $0.status != 201 },
            searches: searches.filter { $0.status != 503 }.map(\.milliseconds).sorted(),
            statuses: searches.reduce(into: [:]) { $0[$1.status, default: 0] += 1 })
    }

    /// Frequent and rare words, their beginnings, and what is too broad.
    private func search(_ random: inout SeededRandom) throws -> Int {
        let id = Int.random(in: 1...rows.count, using: &random)
        let texts = [
            "ana", "ana+torres", "jose+pena+user\(id)", "user\(id)%40example.com", "user\(id / 100)", "us", "use",
            "torr+ana", "9\(String(format: "%08d", id))", "vega&is_active=false", "ana+vega", "marta&is_active=true",
        ]
        let text = texts.randomElement(using: &random) ?? ""
        return try system.customers.time("/admin/customers/find-all?limit=20&search=\(text)").status
    }
}

extension [Double] {
    /// Of ascending or any numbers, the one that so many of a hundred are at or below.
    fileprivate func percentile(_ percent: Int) -> Double {
        isEmpty ? .nan : sorted()[Swift.min((count * percent) / 100, count - 1)]
    }
}
