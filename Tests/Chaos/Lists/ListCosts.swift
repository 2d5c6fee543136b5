import DatabaseTesting
import Foundation
import SystemTesting
import Telemetry
import WebApplication

/// P5: what a page of 50 costs on page one and in the middle of a list, with every combination of filters.
struct ListCosts {
    private static let limit = 50
    private static let repetitions = 5
    /// The figure's limit: rows examined, in pages.
    private static let pagesMax = 4

    let system: RunningSystem
    let rows: ListRows
    private let cursor = PageCursor(secrets: [RunningSystem.serviceToken])
    /// What the server reads while nobody asks, and for the question.
    private var idleRows: Int64 = 0

    private struct Combination {
        let service: RunningSystem.Service
        let path: String
        let query: String
        /// The query in a few words.
        let label: String
        /// The text that the service binds its cursors to.
        let filter: String
        let rowCount: Int
    }

    private struct Cost {
        let milliseconds: Double
        let rowsRead: Int64
    }

    init(_ system: RunningSystem, _ rows: ListRows) {
        self.system = system
        self.rows = rows
    }

    /// Prints a line for each combination.
    ///
    /// - Returns: whether each page read at most four times as many rows as it may have.
    mutating func run() throws -> Bool {
        let first = try rows.rowsRead()
        idleRows = try rows.rowsRead() - first
        print("\(pad("list", 10))\(pad("filters", 60))first: ms     rows middle: ms  rows    ratio")
        var isBounded = true
        var unfiltered: Double = 0
        for combination in combinations() {
            let newest = try cost(combination, beforeID: nil)
            let middle = try cost(combination, beforeID: Int64(combination.rowCount / 2 + ListRows.rareCount))
            if combination.query.isEmpty { unfiltered = newest.milliseconds }
            let name = combination.path.split(separator: "/")[1]
            print(
                "\(pad(String(name), 10))\(pad(combination.label, 60))"
                    + "\(number(newest.milliseconds))\(count(newest.rowsRead))\(number(middle.milliseconds))"
                    + "\(count(middle.rowsRead))\(number(middle.milliseconds / max(newest.milliseconds, 0.01)))"
                    + (newest.milliseconds > 3 * unfiltered ? "  page one: over 3 × no filter" : ""))
            let rowsMax = Int64(ListCosts.pagesMax * (ListCosts.limit + 1))
            if max(newest.rowsRead, middle.rowsRead) > rowsMax { isBounded = false }
        }
        return isBounded
    }

    private func combinations() -> [Combination] {
        var all: [Combination] = []
        let middle = Timestamp(microsecondsSince1970: 1_767_225_600_000_000).adding(seconds: 10 * rows.count)
        let later = middle.adding(seconds: 86_400)
        for customer in [nil, ListRows.largeCustomer, ListRows.smallCustomer] {
            for status in [nil, "CONFIRMED", "CANCELED", "CREATED"] {
                for (from, to) in [(nil, nil), (middle, nil), (nil, later), (middle, later)]
                    as [(Timestamp?, Timestamp?)]
                {
                    var query: [String] = []
                    if let customer { query.append("customer_id=\(customer)") }
                    if let status { query.append("status=\(status)") }
                    if let from { query.append("from=\(from.rfc3339)") }
                    if let to { query.append("to=\(to.rfc3339)") }
                    let times = [from, to].map { $0.map { String($0.microsecondsSince1970) } ?? "" }
                    all.append(
                        Combination(
                            service: .orders, path: "/admin/orders/find-all", query: query.joined(separator: "&"),
                            label: query.map { $0.split(separator: "T")[0] }.joined(separator: " "),
                            filter:
                                "orders|\(status ?? "")|\(customer.map { String($0) } ?? "")|\(times[0])|\(times[1])",
                            rowCount: rows.count))
                }
            }
        }
        for (service, noun, rowCount) in [
            (RunningSystem.Service.customers, "customers", rows.count), (.orders, "products", rows.count / 10),
        ] {
            for isActive in [nil, "true", "false"] {
                all.append(
                    Combination(
                        service: service, path: "/admin/\(noun)/find-all",
                        query: isActive.map { "is_active=\($0)" } ?? "",
                        label: isActive.map { "is_active=\($0)" } ?? "",
                        filter: "\(noun)|\(isActive ?? "")|", rowCount: rowCount))
            }
        }
        return all
    }

    /// The least of several, since the services and others read and work meanwhile.
    private func cost(_ combination: Combination, beforeID: Int64?) throws -> Cost {
        var target = "\(combination.path)?limit=\(ListCosts.limit)&\(combination.query)"
        if let beforeID { target += "&cursor=\(cursor.encode(lastID: beforeID, filter: combination.filter))" }
        var best = Cost(milliseconds: .infinity, rowsRead: .max)
        for _ in 0..<ListCosts.repetitions {
            let before = try rows.rowsRead()
            let reply = try system.client(combination.service).time(target)
            guard reply.status == 200 else {
                throw ServiceProcess.Failure(description: "\(target): \(reply.status)")
            }
            best = Cost(
                milliseconds: min(best.milliseconds, reply.milliseconds),
                rowsRead: min(best.rowsRead, try rows.rowsRead() - before - idleRows))
        }
        return best
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: width, withPad: " ", startingAt: 0)
    }
    private func number(_ number: Double) -> String { String(format: "%9.2f", number) }
    private func count(_ count: Int64) -> String { String(format: "%9lld", count) }
}
