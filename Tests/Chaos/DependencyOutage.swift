import Concurrency
import CurlHTTPClient
import DatabaseTesting
import HTTPMessages
import MySQL
import Resilience
import SystemTesting

/// R8: orders through the orchestrator while the Customers API fails in one way after the other. How often it is asked for one
/// request, whether the replies come in time, and whether those who need no customer are served meanwhile.
struct DependencyOutage: Sendable {
    /// The figure's size; the tests of each change use less.
    var requestCount = 96
    /// At once: more than a service has workers.
    var clientCount = 48
    /// Of each of the two measurements of reads.
    var readSeconds = 3
    /// A reply later than its deadline and this is late: a thread has to wake up, and a busy machine lets it wait.
    var latenessMillisecondsMax = 50
    /// What reads must keep of their rate. Half: those who order are there beside them, and use the same processors.
    var readsKeptMin = 0.5
    let seed: UInt64

    private static let readerCount = 8
    /// More than a service has workers.
    private static let orderingCount = 40
    /// One layer asks again, as often as it does by default.
    private static let callsMax = RetryPolicy().attemptsMax
    /// How often it is asked for all requests together: less than once, since the circuit opens; with fewer requests than open it, as often
    /// as the retries' budget allows.
    private static let callsMeanMax = 1.1
    /// Until the circuit has closed again.
    private static let recoverySeconds = 30

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        let customers = try FailingCustomers()
        let settings = ["CUSTOMERS_API_BASE": customers.url]
        let system = try RunningSystem(ownSettings: [.orders: settings, .orchestrator: settings])
        defer {
            system.stop()
            customers.stop()
        }
        let product = try system.makeProduct(stock: 1_000_000)
        var isGood = true
        for failure in FailingCustomers.Failure.allCases {
            if try !measure(failure, customers, product, system) { isGood = false }
        }
        if try !measureReads(customers, product, system) { isGood = false }
        print("outage: seed \(seed)")
        return isGood
    }

    /// Sends the requests while the Customers API fails, and all of them again when it is back.
    private func measure(
        _ failure: FailingCustomers.Failure, _ customers: FailingCustomers, _ product: Int64, _ system: RunningSystem
    ) throws -> Bool {
        let ordersBefore = try system.orderCount
        customers.fail(failure)
        let next = Lock(0)
        let outcomes = try inParallel(clientCount) { _ in
            var outcomes: [(status: Int, isLate: Bool)] = []
            while let number = next.withLock({ next -> Int? in
                guard next < requestCount else { return nil }
                defer { next += 1 }
                return next
            }) { outcomes.append(try order(number, failure, product, system)) }
            return outcomes
        }.flatMap { $0 }
        let counts = customers.callCounts
        let early = failure == .comeBackLater ? customers.earlyRetryCount : 0
        let late = outcomes.count(where: \.isLate)
        let wrong = outcomes.count { $0.status != 503 && $0.status != 504 }

        customers.fail(nil)
        let recovered = Deadline.after(milliseconds: DependencyOutage.recoverySeconds * 1000)
        let repeated = try (0..<requestCount).map { number in
            var status = try system.placeOrder(1, product, quantity: 1, key: key(number, failure)).status
            while status == 503, !recovered.hasPassed {
                Thread.sleep(milliseconds: 100)
                status = try system.placeOrder(1, product, quantity: 1, key: key(number, failure)).status
            }
            return status
        }
        let unfinished = repeated.count { $0 != 201 }
        let extra = try system.orderCount - ordersBefore - Int64(requestCount - unfinished)

        let mean = Double(counts.reduce(0, +)) / Double(requestCount)
        print(
            """
            outage (\(failure.rawValue)): \(requestCount) requests, \((mean * 100).rounded() / 100) calls a request, \
            \(counts.max() ?? 0) at most; \(early) retries before Retry-After; \(late) replies later than the deadline and \
            \(latenessMillisecondsMax) ms; \(wrong) answers other than 503 and 504; when it is over: \(unfinished) keys \
            without their order, \(extra) orders too many
            """)
        return (counts.max() ?? 0) <= DependencyOutage.callsMax && counts.count > 0 && early == 0 && late == 0
            && (mean <= DependencyOutage.callsMeanMax || requestCount < clientCount * 2)
            && wrong == 0
            && unfinished == 0 && extra == 0
    }

    private func order(
        _ number: Int, _ failure: FailingCustomers.Failure, _ product: Int64, _ system: RunningSystem
    ) throws -> (status: Int, isLate: Bool) {
        // The last leaves time for every repetition of every layer; where nothing is answered, it would only pass.
        let deadlines = [400, 800, 1500, failure.isSilent ? 3000 : 6000]
        let deadlineMilliseconds = deadlines[number % deadlines.count]
        let start = Deadline.nowUptimeNanoseconds()
        let status: Int
        do {
            status = try system.placeOrder(
                1, product, quantity: 1, key: key(number, failure),
                headers: [
                    "X-Request-Timeout-Ms": String(deadlineMilliseconds), "X-Correlation-Id": key(number, failure),
                ]
            ).status
        } catch is TransportError {
            return (503, true)
        }
        let milliseconds = Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
        return (status, milliseconds > deadlineMilliseconds + latenessMillisecondsMax)
    }

    private func key(_ number: Int, _ failure: FailingCustomers.Failure) -> String {
        "outage-\(failure)-\(number)-\(seed)"
    }

    private func measureReads(
        _ customers: FailingCustomers, _ product: Int64, _ system: RunningSystem
    ) throws -> Bool {
        customers.fail(nil)
        let before = try readRate(product, system)
        customers.fail(.stalls)
        let during = try readRate(product, system)
        print("outage: \(before) reads of orders a second beside orders, \(during) while the Customers API stalls")
        return Double(during) >= Double(before) * readsKeptMin
    }

    /// How many reads of orders a second are served while more than all workers could would like to order.
    private func readRate(_ product: Int64, _ system: RunningSystem) throws -> Int {
        let end = Deadline.after(milliseconds: readSeconds * 1000)
        let id = try system.count("SELECT MAX(id) FROM orders")
        let counts = try inParallel(DependencyOutage.readerCount + DependencyOutage.orderingCount) { number in
            var count = 0
            while !end.hasPassed {
                if number < DependencyOutage.readerCount {
                    let reply = try system.orders.send(.get, "/admin/orders/find-one/\(id)")
                    if reply.status == 200, !end.hasPassed { count += 1 }
                } else {
                    _ = try system.orders.send(
                        .post, "/admin/orders/create-order",
                        #"{"customer_id":1,"items":[{"product_id":\#(product),"qty":1}]}"#,
                        headers: ["X-Request-Timeout-Ms": "3000"])
                    // Less than `Retry-After` asks for: a client of the impatient kind.
                    Thread.sleep(milliseconds: 100)
                }
            }
            return count
        }
        return counts.reduce(0, +) / readSeconds
    }
}
