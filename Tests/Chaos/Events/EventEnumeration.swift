import Concurrency
import Foundation
import HTTPMessages
import JSON
import MySQL
import SeededRandom
import SystemTesting

/// Kills, or holds up, whoever numbers, publishes, takes or delivers events, at each point that they pass, and sees whether every
/// event still comes to everybody, once its turn has come.
///
/// The points are not listed anywhere: they are recorded from an order without faults.
struct EventEnumeration {
    private static let points = ["events.", "amqp.", "deliveries.", "webhooks."]
    private static let stallMilliseconds = 600
    private static let faultSeconds = 60
    private static let callMilliseconds = 5000
    /// A fault that lies on every event's way but did not happen is tried again: two events may have been handled as one.
    private static let attemptsMax = 3

    private let plan: FaultPlanFile
    private let witness: EventWitness
    private let system: RunningSystem
    private let customer: Int64
    private let product: Int64
    private let seed: UInt64

    init(seed: UInt64) throws {
        self.seed = seed
        plan = try FaultPlanFile()
        witness = try EventWitness(seed: SeededRandom(seed: seed))
        let settings = witness.settings.values.reduce(into: plan.settings) { $0.merge($1) { $1 } }
        system = try RunningSystem(RunningSystem.Service.product, settings: settings)
        customer = try system.makeCustomer()
        product = try system.makeProduct(stock: 1_000_000)
    }

    /// Runs all cases, printing each violation and a closing line with the figures.
    ///
    /// - Returns: whether every event came to everybody.
    func run() throws -> Bool {
        defer {
            system.stop()
            witness.stop()
            try? plan.remove()
        }
        try witness.begin(system)
        witness.calm()
        try plan.arm([])
        try change(number: 0)
        try waitUntil(seconds: EventEnumeration.faultSeconds) { try system.isQuiet() }
        let places = Set(try plan.passes().map { FaultPlace($0.service, $0.point, pass: 1) })
            .filter { place in EventEnumeration.points.contains { place.point.hasPrefix($0) } }
            .sorted { $0.description < $1.description }
        print("points: \(places.map { "\($0.service.rawValue)/\($0.point)" }.joined(separator: ", "))")
        var notHappened: [String] = []
        var count = 0
        for place in places {
            for action in [Fault.Action.exit, .stall(milliseconds: EventEnumeration.stallMilliseconds)] {
                count += 1
                if try !happens(Fault(place, action), number: count) { notHappened.append("\(place)") }
            }
        }
        try plan.arm([])
        try restartDead()
        try witness.settle(system)
        let report = try witness.report(system, system.database)
        let violations =
            notHappened.map { "The fault at \($0) did not happen." } + report.violations
            + (try OrderAudit(system.database).violations().map(\.description))
        for violation in violations { print("VIOLATION \(violation)") }
        print(report.description)
        print(
            "enumeration of events: \(count) faults at \(places.count) points, seed \(seed); \(violations.count) violations"
        )
        return violations.isEmpty && places.count >= EventEnumeration.points.count
    }

    /// Makes, confirms and cancels an order while a fault waits.
    ///
    /// - Returns: whether the fault happened.
    private func happens(_ fault: Fault, number: Int) throws -> Bool {
        for attempt in 0..<EventEnumeration.attemptsMax {
            try plan.arm([fault])
            try change(number: number * EventEnumeration.attemptsMax + attempt)
            let end = Deadline.after(milliseconds: EventEnumeration.faultSeconds * 1000)
            while try plan.pendingCount() > 0, !end.hasPassed {
                try restartDead()
                Concurrency.Thread.sleep(milliseconds: 20)
            }
            if try plan.pendingCount() == 0 { return true }
        }
        return false
    }

    /// Three events of one order.
    private func change(number: Int) throws {
        let key = "enumerated-\(seed)-\(number)"
        var orderID: Int64?
        try answered {
            let reply = try system.placeOrder(customer, product, key: key)
            orderID = reply.data["order"]?["id"]?.integer
            return reply.status == 201
        }
        guard let orderID else { throw ServiceProcess.Failure(description: "\(key) has no order.") }
        try answered {
            try system.orders.send(
                .post, "/admin/orders/\(orderID)/cancel", headers: ["X-Idempotency-Key": key],
                timeoutMilliseconds: EventEnumeration.callMilliseconds
            ).status == 200
        }
    }

    /// Asks again until it is answered, and restarts what has died, as a supervisor would.
    private func answered(_ ask: () throws -> Bool) throws {
        try waitUntil(seconds: EventEnumeration.faultSeconds) {
            try restartDead()
            return (try? ask()) == true
        }
    }

    private func restartDead() throws {
        for service in system.services where !system.process(service).isRunning { try system.restart(service) }
    }
}

extension RunningSystem {
    /// Whether every event has come to everybody who is to hear of it.
    func isQuiet() throws -> Bool {
        try count(
            """
            SELECT (SELECT COUNT(*) FROM event_outbox) + (SELECT COUNT(*) FROM lanes)
                + (SELECT seq FROM event_sequence) - (SELECT seq FROM feed_cursor)
                + (SELECT seq FROM event_sequence) - COALESCE((SELECT seq FROM event_consumers), 0)
            """) == 0
    }
}
