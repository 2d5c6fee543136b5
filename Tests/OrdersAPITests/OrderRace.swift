import Concurrency
import JSON
import MySQL
@testable import OrdersAPI
import ServiceTesting
import Telemetry

/// One order, made long ago and never confirmed, and those who want something of it at the same time.
struct OrderRace {
    enum Actor: Hashable, CaseIterable {
        case confirm, confirmUnderAnotherKey, cancel, sweep
    }

    /// How it ended: what each was told, in their order, and what became of the order.
    struct Ending: Hashable, CustomStringConvertible {
        let answers: [String]
        let state: String

        var description: String { "\(answers.joined(separator: ", ")) → \(state)" }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let actors: [Actor]
    let harness: ServiceHarness
    /// Whether an order that was just confirmed can still be canceled.
    let hasCancelWindow: Bool

    /// Every ending that some order of the actors has in the model.
    var allowed: Set<Ending> { Set(actors.indices.permutations.map { ending(inOrder: $0) }) }

    private func ending(inOrder order: [Int]) -> Ending {
        var model = OrderModel()
        model.hasCancelWindow = hasCancelWindow
        _ = model.create(customer: 0, [.init(product: 0, quantity: 1)], key: nil)
        model.age(0)
        var answers = Array(repeating: "", count: actors.count)
        for index in order {
            func text(_ answer: OrderModel.Answer) -> String { "\(answer.status)\(answer.code)" }
            answers[index] =
                switch actors[index] {
                case .confirm: text(model.confirm(0, key: 1))
                case .confirmUnderAnotherKey: text(model.confirm(0, key: 2))
                case .cancel: text(model.cancel(0, key: nil))
                case .sweep: "swept \(model.sweep())"
                }
        }
        return Ending(answers: answers, state: "\(model.orders[0].status.rawValue), \(model.products[0].stock)")
    }

    /// Lets all of them go at once.
    func runAtOnce(_ id: Int64, of product: Int64) throws -> Ending {
        let answers = try inParallel(actors.count) { answer(to: actors[$0], id) }
        return try end(answers, id, product)
    }

    /// Holds the order's row until all of them wait for it, one behind the other: so each has begun before any is done.
    func runBehindLock(_ id: Int64, of product: Int64) throws -> Ending {
        let answers = Lock<[Int: String]>([:])
        var threads: [Thread] = []
        defer { for thread in threads { thread.join() } }
        try harness.holding("UPDATE orders SET total_cents = total_cents WHERE id = \(id)") {
            for (index, actor) in actors.enumerated() {
                let thread = Thread.start {
                    let answer = answer(to: actor, id)
                    answers.withLock { $0[index] = answer }
                }
                guard let thread else { throw Failure(description: "There is no thread to be had.") }
                threads.append(thread)
                guard try harness.hasWaiting(index + 1) else {
                    throw Failure(description: "\(actor) does not wait for the order.")
                }
            }
        }
        for thread in threads { thread.join() }
        threads = []
        return try end(actors.indices.map { index in answers.withLock { $0[index] ?? "nothing" } }, id, product)
    }

    private func end(_ answers: [String], _ id: Int64, _ product: Int64) throws -> Ending {
        Ending(
            answers: answers,
            state: "\(harness.find(id).data["status"]?.string ?? "?"), \(try harness.stock(product))")
    }

    private func answer(to actor: Actor, _ id: Int64) -> String {
        func text(_ reply: Reply) -> String { "\(reply.status)\(reply.code)" }
        switch actor {
        case .confirm: return text(harness.confirm(id, key: "one"))
        case .confirmUnderAnotherKey: return text(harness.confirm(id, key: "another"))
        case .cancel: return text(harness.cancel(id))
        case .sweep:
            do {
                return "swept \(try harness.app.sweep.runOnce(by: .after(milliseconds: 20_000)))"
            } catch { return "\(error)" }
        }
    }
}

extension ServiceHarness {
    /// Runs `body` while a transaction of somebody else holds what the change `sql` locks; the transaction commits afterwards.
    func holding(_ sql: SQL, while body: () throws -> Void) throws {
        let other = Database(database.configuration)
        defer { other.close() }
        var outcome: Result<Void, any Error> = .success(())
        try other.transaction(by: .after(milliseconds: 30_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            _ = try transaction.execute(sql)
            outcome = Result { try body() }
        }
        try outcome.get()
    }

    /// Waits until `count` statements of this schema have been running for a while, which here means waiting for a lock.
    ///
    /// The server's own account of lock waits is renewed only when nobody has asked for 100 ms; other tests ask, too.
    func hasWaiting(_ count: Int) throws -> Bool {
        let deadline = Deadline.after(milliseconds: 20_000)
        var looks = 0
        while looks < 4, !deadline.hasPassed {
            let running = try database.runningStatements()
            looks = running == Int64(count) ? looks + 1 : 0
            Thread.sleep(milliseconds: 15)
        }
        return looks == 4
    }
}

extension Range<Int> {
    /// All orders in which these numbers can stand.
    var permutations: [[Int]] {
        reduce([[]]) { orders, number in
            orders.flatMap { order in
                (0...order.count).map { Array(order[..<$0]) + [number] + Array(order[$0...]) }
            }
        }
    }
}
