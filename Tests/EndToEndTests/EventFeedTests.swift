import Concurrency
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// Events as a reader meets them: over HTTP, from processes that are killed.
    struct EventFeedTests {
        /// The log from its beginning, page by page.
        private func read(_ system: RunningSystem) throws -> [JSONValue] {
            var events: [JSONValue] = []
            var after = "0"
            while true {
                let page = try system.orders.send(.get, "/admin/events/find-all?limit=3&after=\(after)")
                #expect(page.status == 200)
                events += page.json["data"]?.array ?? []
                after = try #require(page.json["meta"]?["next_after"]?.string)
                if page.json["meta"]?["has_next"]?.bool != true { return events }
            }
        }

        @Test func `a waiting reader hears of an order, and a server that ends lets it go`() throws {
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let first = Lock<Reply?>(nil)
                let waiting: HeaderFields = ["Prefer": "wait=20", "X-Request-Timeout-Ms": "30000"]
                let reader = Concurrency.Thread.start {
                    let reply = try? system.orders.send(
                        .get, "/admin/events/find-all", headers: waiting, timeoutMilliseconds: 40_000)
                    first.withLock { $0 = reply }
                }
                _ = try system.placeOrder(customer, product, key: "heard")
                reader?.join()
                let heard = try #require(first.withLock { $0 })
                #expect(heard.json["data"]?.array?.first?["event"]?["type"] == .string("order.created"))

                try waitUntil(seconds: 10) { try read(system).count == 2 }
                let last = try system.orders.send(.get, "/admin/events/find-all?limit=3")
                let position = try #require(last.json["meta"]?["next_after"]?.string)
                let second = Lock<Reply?>(nil)
                let patient = Concurrency.Thread.start {
                    let reply = try? system.orders.send(
                        .get, "/admin/events/find-all?after=\(position)", headers: waiting, timeoutMilliseconds: 40_000)
                    second.withLock { $0 = reply }
                }
                try waitUntil(seconds: 10) {
                    let metrics = try system.orders.send(.get, "/metrics").response.body
                    return String(decoding: metrics, as: UTF8.self).contains("\nhttp_server_requests_parked 1.0")
                }
                system.ordersProcess.signal(SIGTERM)
                patient?.join()
                #expect(try #require(second.withLock { $0 }).status == 200)
            }
        }

        @Test func `the log goes on where a killed instance left it`() throws {
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                for number in 0..<4 {
                    _ = try system.placeOrder(customer, product, key: "order-\(number)")
                    system.ordersProcess.signal(SIGKILL)
                    try system.restart(.orders)
                }
                #expect(try OrderAudit(system.database).violations() == [])
                #expect(try read(system).compactMap { $0["seq"]?.integer } == Array(1...8))
            }
        }

        @Test func `events are reconciled and rebased by commands`() throws {
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                _ = try system.placeOrder(customer, product, key: "told")
                try system.execute("UPDATE orders SET status = 'CANCELED', canceled_at = UTC_TIMESTAMP(6)")
                func status(_ arguments: String...) throws -> Int32 { try status(arguments) }
                func status(_ arguments: [String]) throws -> Int32 {
                    let process = try ServiceProcess(
                        "OrdersAPI", arguments: arguments,
                        environment: RunningSystem.environment(system.schema.configuration))
                    return try process.waitForExit()
                }
                #expect(try status("reconcile-events") == 0)
                #expect(try status("reconcile-events", "now") == 2)
                try waitUntil(seconds: 10) { try read(system).count == 3 }
                #expect(try read(system).last?["event"]?["type"] == .string("order.canceled"))
                for mistake in [["x"], ["0"], ["-1"], [], ["5", "6"]] {
                    #expect(try status(["rebase-events"] + mistake) == 2, "\(mistake)")
                }
                #expect(try status("rebase-events", "3") == 1, "There are events of later numbers.")
                #expect(try status("rebase-events", "500") == 0)
                _ = try system.placeOrder(customer, product, key: "after")
                try waitUntil(seconds: 10) { try read(system).count == 5 }
                #expect(try read(system).last?["seq"] == .integer(502))
            }
        }
    }
}
