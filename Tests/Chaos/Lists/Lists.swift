import Concurrency
import DatabaseTesting
import Foundation
import SystemTesting

/// P5 and R19: every list with every combination of filters over very many rows, and searches beside orders.
struct Lists: Sendable {
    let rowCount: Int
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether they are within their limits.
    func run() throws -> Bool {
        // The words of a million customers do not fit the 64 MB that a test's server has.
        let server = try DedicatedTestServer(options: ["--innodb-buffer-pool-size=512M"])
        let schema = try server.makeSchema()
        let system = try RunningSystem(settings: ["CUSTOMER_CACHE_TTL_MS": "1000"], on: schema)
        defer { system.stop() }
        let rows = ListRows(count: rowCount, on: schema)
        defer { rows.close() }
        var start = Date()
        try rows.fill()
        print(
            String(
                format: "%d customers, %d products, %d orders made in %.0f s", rowCount, rowCount / 10, rowCount,
                Date().timeIntervalSince(start)))
        start = Date()
        while try rows.countWithoutWords() > 0 { Concurrency.Thread.sleep(milliseconds: 500) }
        print(String(format: "words of both written by the services in %.0f s", Date().timeIntervalSince(start)))
        var costs = ListCosts(system, rows)
        let isBounded = try costs.run()
        print("rows examined: \(isBounded ? "at most" : "MORE THAN") 4 × the page, everywhere")
        return try SearchesBesideOrders(system: system, rows: rows, seed: seed).run() && isBounded
    }
}
