import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import ScriptedServer
import ServiceTesting
import Testing

/// The orchestrator beside a Customers API that stalls and comes back.
@Suite(.blocking) struct CircuitTests {
    @Test func `the circuit opens while the Customers API stalls, and closes when it is back`() throws {
        let (isSlow, count) = (Lock(true), Lock(0))
        let customers = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                count.withLock { $0 += 1 }
                if isSlow.withLock({ $0 }) { Thread.sleep(milliseconds: 120) }
                let id = request.line.split(separator: " ")[1].split(separator: "/").last ?? ""
                connection.reply("200 OK", body: ActiveCustomers.body(of: id))
            }
        }
        defer { customers.stop() }
        let backend = try Backend()
        let harness = try ServiceHarness(
            customers: customers.url, orders: backend.ordersURL,
            [
                "CUSTOMERS_CIRCUIT_CALLS_MIN": "5", "CUSTOMERS_CIRCUIT_SLOW_MS": "100",
                "CUSTOMERS_CIRCUIT_OPEN_MS": "1000",
            ])
        func metric(_ name: String, _ state: String) -> Double? {
            let line = "\(name){dependency=\"customers-api\",state=\"\(state)\"} "
            return String(decoding: harness.client.get("/metrics").body, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix(line) }.flatMap { Double($0.dropFirst(line.utf8.count)) }
        }
        #expect(metric("dependency_circuit_state", "closed") == 1 && metric("dependency_circuit_state", "open") == 0)
        for number in 0..<5 { _ = harness.call(backend.ana, [(backend.chair, 1)], key: "slow-\(number)") }
        #expect(metric("dependency_circuit_state", "open") == 1)
        let asked = count.withLock { $0 }
        for number in 0..<20 {
            let reply = harness.call(backend.ana, [(backend.chair, 1)], key: "open-\(number)")
            #expect(reply.status == 503 && reply.code == "customers-unavailable", "\(reply)")
            #expect(reply.headers["Retry-After"] == "2")
        }
        #expect(count.withLock { $0 } == asked, "It is left alone.")
        let details = harness.client.with(token: TestTokens.service).get("/health/detailed")
        let checks = details.json["checks"]?.array ?? []
        #expect(checks.map { $0["circuit"]?.string } == ["open", "closed"], "\(details)")
        #expect(checks.allSatisfy { ($0["callers"]?["max"]?.integer ?? 0) > 0 })
        isSlow.withLock { $0 = false }
        // Repeated until the pause is over; then each of three probes succeeds.
        #expect(
            eventually(within: 20_000) { harness.call(backend.ana, [(backend.chair, 1)], key: "back").status == 201 })
        for number in 0..<4 {
            #expect(harness.call(backend.ana, [(backend.chair, 1)], key: "again-\(number)").status == 201)
        }
        #expect(metric("dependency_circuit_state", "closed") == 1)
        for state in ["open", "half-open", "closed"] {
            #expect(metric("dependency_circuit_changes_total", state) == 1, "\(state)")
        }
    }
}
