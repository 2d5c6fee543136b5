import Concurrency
import CurlHTTPClient
import Foundation
import HTTPMessages
import JSON
import MySQL
import Resilience
import SystemTesting

/// One system, on which orchestrations are carried through their faults one after another.
final class SagaRunner {
    struct Outcome {
        /// One sentence each.
        let violations: [String]
        /// Whether all faults happened.
        let isReached: Bool
    }

    /// Longer than a hurried caller waits.
    static let stallMilliseconds = 600
    /// The deadline of a caller who is to be gone when the stall is over. Several times what a call takes here.
    private static let hurriedMilliseconds = 400
    private static let patientMilliseconds = 5000
    /// For everything to be answered for good: many repetitions, each with a restart before it.
    private static let answerMilliseconds = 30_000
    /// A fault that lies on a single call's way but did not happen is tried again: the call may have been too slow.
    private static let attemptsMax = 3
    /// After so many sagas the tables are emptied, so that auditing does not get slower and slower.
    private static let sagasKeptMax = 50
    /// Between two calls, and between two looks at what has been passed.
    private static let pauseMilliseconds = 20
    private static let initialStock: Int64 = 1_000_000
    private static let quantity = 3

    private let system: RunningSystem
    private let plan: FaultPlanFile
    private let customer: Int64
    private let inactiveCustomer: Int64
    private let product: Int64
    private var number = 0
    private var called: Set<String> = []
    private var acknowledged: [String: Int64] = [:]
    private var reported: Set<String> = []

    init() throws {
        plan = try FaultPlanFile()
        system = try RunningSystem(settings: plan.settings)
        customer = try system.makeCustomer()
        inactiveCustomer = try system.makeCustomer()
        _ = try system.customers.send(.patch, "/admin/customers/logic-delete/\(inactiveCustomer)")
        product = try system.makeProduct(stock: Int(SagaRunner.initialStock))
    }

    func stop() {
        system.stop()
        try? plan.remove()
    }

    /// The places that a saga without faults passes, and what is wrong even then.
    func record(_ saga: Saga) throws -> (places: [FaultPlace], violations: [String]) {
        let outcome = try attempt(EnumeratedCase(saga: saga, faults: [], mustHappen: false), repetitions: 0)
        return (try plan.passes().filter(\.isSure), outcome.violations)
    }

    func run(_ enumerated: EnumeratedCase) throws -> Outcome {
        var attempt = 1
        while true {
            let outcome = try self.attempt(enumerated, repetitions: 2)
            guard enumerated.mustHappen, !outcome.isReached, outcome.violations.isEmpty else { return outcome }
            guard attempt < SagaRunner.attemptsMax else {
                return Outcome(violations: ["The fault did not happen."], isReached: false)
            }
            attempt += 1
        }
    }

    private func attempt(_ enumerated: EnumeratedCase, repetitions: Int) throws -> Outcome {
        number += 1
        let key = "saga-\(number)"
        called.insert(key)
        // Whoever died last may not be known to be dead yet.
        try waitUntil(seconds: SagaRunner.answerMilliseconds / 1000) {
            try restartDead()
            try prepare(enumerated.saga, key)
            return true
        }
        try settle()
        try plan.arm(enumerated.faults)
        var violations: [String] = []
        let first = try answerForGood(key, enumerated)
        violations += try check(first, enumerated.saga, key)
        for _ in 0..<repetitions {
            try waitForResumption(enumerated)
            let again = try answerForGood(key, enumerated)
            if again.essence != first.essence {
                violations.append("The answer was \(first.essence), and then \(again.essence).")
            }
        }
        try waitForResumption(enumerated)
        try settle()
        let isReached = try plan.pendingCount() == 0
        try restartDead()
        violations += try audit()
        if number.isMultiple(of: SagaRunner.sagasKeptMax) { try clear() }
        return Outcome(violations: violations, isReached: isReached)
    }

    /// For a resumption and a compensation: a first call came as far as the order. Then the customer was deactivated, or
    /// somebody canceled the order.
    private func prepare(_ saga: Saga, _ key: String) throws {
        try plan.arm([])
        guard saga != .success else { return }
        let id = customer(of: saga)
        let body =
            #"{"customer_id":\#(id),"items":[{"product_id":\#(product),"qty":\#(SagaRunner.quantity)}],"#
            + #""customer":{"id":\#(id),"name":"Ana","email":"ana@example.com","phone":"555"}}"#
        var orders = system.orders
        orders.token = RunningSystem.serviceToken
        let created = try orders.send(
            .post, "/admin/orders/internal/create-order", body,
            headers: ["X-Idempotency-Key": OrderAudit.stepKey("create", of: key)])
        guard saga == .compensation else {
            _ = try created.integer("id")
            return
        }
        _ = try system.orders.send(
            .post, "/admin/orders/\(try created.integer("id"))/cancel",
            headers: ["X-Idempotency-Key": "operator-\(key)"])
    }

    private func customer(of saga: Saga) -> Int64 { saga == .resumption ? inactiveCustomer : customer }

    /// Calls with the key, again and again, until the answer is one that no repetition would change; meanwhile restarts what
    /// has died, as a supervisor would.
    private func answerForGood(_ key: String, _ enumerated: EnumeratedCase) throws -> Reply {
        let deadline = Deadline.after(milliseconds: SagaRunner.answerMilliseconds)
        var last = "nothing"
        while !deadline.hasPassed {
            try restartDead()
            let isHurried = try enumerated.hasStall && plan.pendingCount() > 0
            do {
                let reply = try call(
                    key, customer(of: enumerated.saga),
                    milliseconds: isHurried ? SagaRunner.hurriedMilliseconds : SagaRunner.patientMilliseconds)
                if reply.status == 201 || reply.json["retryable"]?.bool == false { return reply }
                last = reply.essence
            } catch let error as TransportError {
                last = error.message
            }
            Concurrency.Thread.sleep(milliseconds: SagaRunner.pauseMilliseconds)
        }
        throw ServiceProcess.Failure(description: "\(key) was not answered for good; the last answer: \(last)")
    }

    private func call(_ key: String, _ customer: Int64, milliseconds: Int) throws -> Reply {
        try system.orchestrator.send(
            .post, "/orchestrator/create-and-confirm-order",
            orderBody(customer, [(product, SagaRunner.quantity)], key: key),
            headers: ["X-Request-Timeout-Ms": String(milliseconds)],
            // What a caller adds for the way there and back.
            timeoutMilliseconds: milliseconds + 100)
    }

    private func restartDead() throws {
        for service in system.services where !system.process(service).isRunning {
            try system.restart(service)
        }
    }

    /// Waits until every stall that has begun is over, by itself or by the end of its process, and what was held by it has
    /// gone on.
    private func waitForResumption(_ enumerated: EnumeratedCase) throws {
        let stalls = enumerated.stallCount(ofFirst: enumerated.faults.count - (try plan.pendingCount()))
        guard stalls > 0 else { return }
        let deadline = Deadline.after(milliseconds: SagaRunner.stallMilliseconds)
        while try plan.resumedCount() < stalls, !deadline.hasPassed {
            Concurrency.Thread.sleep(milliseconds: SagaRunner.pauseMilliseconds)
        }
        try settle()
    }

    /// Waits until no point has been passed for a moment.
    private func settle() throws {
        var count = -1
        try waitUntil(seconds: 10) {
            defer { count = (try? plan.passes().count) ?? -1 }
            Concurrency.Thread.sleep(milliseconds: SagaRunner.pauseMilliseconds)
            return try plan.passes().count == count
        }
    }

    /// Whether the answer is the saga's end, and the database says so, too.
    private func check(_ reply: Reply, _ saga: Saga, _ key: String) throws -> [String] {
        switch saga {
        case .success, .resumption:
            guard reply.status == 201, let order = reply.data["order"]?["id"]?.integer else {
                return ["It ended with \(reply.essence)."]
            }
            acknowledged[key] = order
            return []
        case .compensation:
            return reply.code == "order-not-confirmable" ? [] : ["It ended with \(reply.essence)."]
        }
    }

    /// What is wrong in the database, and has not been told before.
    private func audit() throws -> [String] {
        let violations = try OrderAudit(system.database).violations(
            acknowledged: acknowledged, called: called)
        let unfinished = try system.database.read(by: .after(milliseconds: SagaRunner.patientMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT id FROM orders WHERE status = 'CREATED'") { (row) throws(DatabaseError) in
                "Order \(try row.int64(0)) is neither confirmed nor canceled."
            }
        }
        let sentences = Set(violations.map(\.description) + unfinished)
        defer { reported.formUnion(sentences) }
        return sentences.subtracting(reported).sorted()
    }

    /// Empties the tables, which have just been audited.
    private func clear() throws {
        try system.database.transaction(by: .after(milliseconds: SagaRunner.patientMilliseconds)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            for sql: SQL in [
                "DELETE FROM idempotency_keys", "DELETE FROM order_items", "DELETE FROM orders",
                "DELETE FROM order_events", "DELETE FROM event_log", "UPDATE event_sequence SET seq = 0",
            ] {
                try transaction.execute(sql)
            }
            try transaction.execute("UPDATE products SET stock = \(SagaRunner.initialStock) WHERE id = \(product)")
        }
        called = []
        acknowledged = [:]
        reported = []
    }
}

extension Reply {
    /// What must not differ between two answers to one call.
    fileprivate var essence: String {
        status == 201
            ? String(decoding: JSONWriter.bytes(of: data), as: UTF8.self)
            : "\(status) \(code ?? "") \(json["detail"]?.string ?? "")"
    }
}

extension FaultPlace {
    /// Whether each run of a saga comes by: how many batches its events are numbered in, nobody knows.
    fileprivate var isSure: Bool { !point.hasPrefix("events.") || pass == 1 }
}
