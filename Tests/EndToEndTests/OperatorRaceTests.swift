import Concurrency
import HTTPMessages
import JSON
import MySQL
import Resilience
import SeededRandom
import SystemTesting
import Testing

extension EndToEndTests {
    struct OperatorRaceTests {
        private static let callerCount = 4
        private static let callsPerCaller = 12
        private static let operatorCount = 2

        /// No window for canceling: of a confirmation and a cancellation exactly one wins.
        @Test
        func `whatever operators do to orders under way, each caller is told the one thing that became of theirs`()
            throws
        {
            try withSystem(settings: ["CANCEL_WINDOW_MINUTES": "0"]) { system in
                var source = SeededRandom("operators and orchestrations")
                let seeds = (0..<Self.operatorCount).map { _ in source.next() }
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 1000)
                let callersLeft = Lock(Self.callerCount)
                let operated = Lock(0)
                let replies = try inParallel(Self.callerCount + Self.operatorCount) { number -> [Reply] in
                    guard number < Self.callerCount else {
                        var random = SeededRandom(seed: seeds[number - Self.callerCount])
                        // The newest order: looked up where it is seen first, so that nobody comes earlier.
                        var last: Int64 = 0
                        while callersLeft.withLock({ $0 > 0 }) {
                            let newest = try system.count("SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) FROM orders")
                            guard newest > last else { continue }
                            last = newest
                            if try Self.operate(newest, system, &random) == 200 { operated.withLock { $0 += 1 } }
                        }
                        return []
                    }
                    defer { callersLeft.withLock { $0 -= 1 } }
                    return try (0..<Self.callsPerCaller).map { call in
                        try system.placeOrder(customer, product, key: "call-\(number)-\(call)")
                    }
                }
                var acknowledged: [String: Int64] = [:]
                var called: Set<String> = []
                for caller in 0..<Self.callerCount {
                    for (call, reply) in replies[caller].enumerated() {
                        let key = "call-\(caller)-\(call)"
                        called.insert(key)
                        #expect(reply.status == 201 || reply.code == "order-not-confirmable", "\(reply)")
                        if reply.status == 201 { acknowledged[key] = reply.data["order"]?["id"]?.integer }
                        let again = try system.placeOrder(customer, product, key: key)
                        #expect(again.status == reply.status)
                        #expect(again.code == reply.code)
                        #expect(again.data == reply.data)
                    }
                }
                let findings = try OrderAudit(system.database).violations(acknowledged: acknowledged, called: called)
                #expect(findings == [])
                #expect(operated.withLock { $0 } > 0, "No operator came before the orchestrator: nothing was raced.")
                #expect(try system.orderCount == Int64(called.count))
                #expect(try system.count("SELECT COUNT(*) FROM orders WHERE status = 'CREATED'") == 0)
            }
        }

        /// Confirms or cancels an order, under a key of its own.
        private static func operate(
            _ id: Int64, _ system: RunningSystem, _ random: inout SeededRandom
        ) throws -> Int {
            let action = Bool.random(using: &random) ? "confirm" : "cancel"
            let reply = try system.orders.send(
                .post, "/admin/orders/\(id)/\(action)", headers: ["X-Idempotency-Key": "operator-\(random.next())"])
            #expect([200, 409].contains(reply.status), "\(reply)")
            return reply.status
        }
    }
}
