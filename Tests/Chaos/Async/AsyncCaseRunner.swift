import Concurrency
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting

/// One system, on which asynchronous orders are carried through their faults one after another.
final class AsyncCaseRunner {
    static let stallMilliseconds = 2000
    private static let points = [
        "orders.accept.", "orders.customer.", "orders.cancel.", "saga.", "payments.", "simulator.",
    ]
    /// For an order to end: a few restarts, and a pause between two attempts.
    private static let endSeconds = 30
    static let callMilliseconds = 5000
    private static let pauseMilliseconds = 20
    /// Leases are ended so often, from when the fault has happened on: what they wait for is 30 s of time, which is not what is tested.
    private static let leaseMilliseconds = 3000
    /// So long no point has been passed when nobody does anything any more.
    private static let quietMilliseconds = 400
    /// A fault that lies on the way but did not happen is tried again: somebody else may have come by first.
    private static let attemptsMax = 3
    static let quantity = 3

    private let arrangement: AsyncArrangement
    private let plan: FaultPlanFile
    let system: RunningSystem
    private let workers: SagaWorkers?
    let customer: Int64
    let product: Int64
    let freeProduct: Int64
    let scarceProduct: Int64
    private(set) var number = 0
    private var reported: Set<String> = []
    private var isFaulty = false
    /// How many processes have ended.
    private var deaths = 0
    private var leasesEndedAt = Deadline(uptimeNanoseconds: 0)

    init(_ arrangement: AsyncArrangement) throws {
        self.arrangement = arrangement
        plan = try FaultPlanFile()
        let settings = plan.settings.merging([
            "ASYNC_ORDERS": "on", "WORKER": arrangement == .together ? "on" : "off",
        ]) { $1 }
        system = try RunningSystem([.customers, .paymentSimulator, .orders], settings: settings)
        let bases = [
            "CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)",
            "PAYMENT_GATEWAY_URL": "http://127.0.0.1:\(system.paymentSimulator.port)",
        ]
        workers =
            arrangement == .together
            ? nil : try SagaWorkers(2, for: system, settings.merging(bases) { $1 })
        customer = try system.makeCustomer()
        product = try system.makeProduct(stock: 1_000_000)
        freeProduct = try system.makeProduct(priceCents: 0, stock: 1_000_000)
        scarceProduct = try system.makeProduct(stock: AsyncCaseRunner.quantity - 1)
    }

    func stop() {
        workers?.stop()
        system.stop()
        try? plan.remove()
    }

    /// The places that an order without faults passes, and what is wrong even then.
    func record(_ scenario: AsyncScenario) throws -> (places: [FaultPlace], violations: [String]) {
        let violations = try attempt(scenario, nil)
        let places = try plan.passes().filter { place in
            // How often sagas are claimed is a matter of chance.
            AsyncCaseRunner.points.contains { place.point.hasPrefix($0) }
                && (!place.point.hasPrefix("saga.claim.") || place.pass == 1)
        }
        return (places, violations)
    }

    /// - Returns: what is wrong.
    func run(_ scenario: AsyncScenario, _ fault: Fault) throws -> [String] {
        for _ in 0..<AsyncCaseRunner.attemptsMax {
            let violations = try attempt(scenario, fault)
            if try !violations.isEmpty || plan.pendingCount() == 0 { return violations }
        }
        return ["The fault did not happen."]
    }

    private func attempt(_ scenario: AsyncScenario, _ fault: Fault?) throws -> [String] {
        number += 1
        isFaulty = fault != nil
        deaths = 0
        leasesEndedAt = Deadline(uptimeNanoseconds: 0)
        try plan.arm([])
        try restartDead()
        try eventually { [system] in
            try system.paymentSimulator.send(
                .post, "/_simulator/faults", scenario.gatewayFaults,
                timeoutMilliseconds: AsyncCaseRunner.callMilliseconds
            ).status == 200
        }
        try plan.arm(fault.map { [$0] } ?? [])
        let orderID = try place(scenario)
        try intervene(scenario, orderID)
        let waiting = Result {
            try eventually {
                try endLeases(orderID)
                return try system.count("SELECT COUNT(*) FROM order_sagas WHERE order_id = \(orderID)") == 0
                    && hasEnded(orderID)
            }
        }
        // Whoever was stopped goes on, and must find nothing to do.
        if case .stall? = fault?.action, try plan.pendingCount() == 0 {
            try eventually { try plan.resumedCount() > 0 }
        }
        try settle()
        try restartDead()
        let end = try end(of: orderID)
        var violations: [String] = []
        if case .failure = waiting { violations.append("It has not ended in \(AsyncCaseRunner.endSeconds) s.") }
        if !scenario.ends.contains(end) { violations.append("It is \(end.status) \(end.reason ?? "").") }
        if deaths > (fault?.action == .exit ? 1 : 0) { violations.append("\(deaths) processes have ended.") }
        let sentences = Set(try OrderAudit(system.database).violations().map(\.description))
        violations += sentences.subtracting(reported).sorted()
        reported.formUnion(sentences)
        return violations
    }

    /// Does to an order what is to befall it, when its time has come, or later where a fault has come between.
    private func intervene(_ scenario: AsyncScenario, _ orderID: Int64) throws {
        if let step = scenario.interruptedStep {
            try eventually {
                try endLeases(orderID, ofFirstAttempts: true)
                return try system.count(
                    "SELECT COUNT(*) FROM order_sagas WHERE order_id = \(orderID) AND step = \(step) AND attempts > 0"
                ) > 0 || hasEnded(orderID)
            }
        }
        switch scenario {
        case .paid, .free, .declined, .shortage: break
        case .canceledAfterwards:
            try eventually {
                try endLeases(orderID)
                return try hasEnded(orderID)
            }
            try change("/admin/orders/\(orderID)/cancel", orderID) { $0 == 200 }
        case .canceledWhileHeld: try change("/admin/orders/\(orderID)/cancel", orderID) { $0 == 200 }
        case .discarded:
            // It may be confirmed by now, or its payment being taken.
            try change("/admin/sagas/\(orderID)/discard", orderID) { [200, 404, 409].contains($0) }
        case .late, .redriven:
            try system.execute("UPDATE order_sagas SET deadline_at = UTC_TIMESTAMP(6) WHERE order_id = \(orderID)")
            guard scenario == .redriven else { return }
            try eventually {
                try endLeases(orderID)
                return try system.count(
                    "SELECT COUNT(*) FROM order_sagas WHERE order_id = \(orderID) AND state = 'DEAD'") > 0
                    || hasEnded(orderID)
            }
            try change("/admin/sagas/\(orderID)/redrive", orderID) { [200, 404].contains($0) }
        }
    }

    /// As if the lease were over, once the fault has happened.
    ///
    /// - Parameter ofFirstAttempts: whether what waits for another attempt goes on waiting.
    func endLeases(_ orderID: Int64, ofFirstAttempts: Bool = false) throws {
        guard leasesEndedAt.hasPassed, try plan.pendingCount() == 0, isFaulty else { return }
        leasesEndedAt = .after(milliseconds: AsyncCaseRunner.leaseMilliseconds)
        try system.execute(
            """
            UPDATE order_sagas SET run_at = UTC_TIMESTAMP(6)
            WHERE order_id = \(orderID) AND run_at > UTC_TIMESTAMP(6) AND (attempts = 0 OR NOT \(ofFirstAttempts))
            """)
    }

    /// Asks again and again, and restarts what has died, as a supervisor would.
    func eventually(_ condition: () throws -> Bool) throws {
        try waitUntil(seconds: AsyncCaseRunner.endSeconds) {
            try restartDead()
            return try condition()
        }
    }

    /// Waits until nobody has passed a point for a while.
    private func settle() throws {
        var count = -1
        try eventually {
            let now = try plan.passes().count
            defer { count = now }
            guard now != count else { return true }
            Concurrency.Thread.sleep(milliseconds: AsyncCaseRunner.quietMilliseconds)
            return false
        }
    }

    private func restartDead() throws {
        for service in system.services where !system.process(service).isRunning {
            deaths += 1
            try system.restart(service)
        }
        deaths += try workers?.restartDead() ?? 0
    }
}
