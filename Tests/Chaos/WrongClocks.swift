import HTTPMessages
import JSON
import MySQL
import SystemTesting

/// R17: instances whose clocks are years behind or days ahead, on one database with instances whose clock is right. A key that
/// one of them has used is known to all, an order that was just made is expired by none, and every time is the database's.
struct WrongClocks: Sendable {
    /// On both sides, beyond how long a key is kept and how long an order may stay unconfirmed.
    var clocks = ["-5y", "-80h", "-20m", "+20m", "+73h", "+100h"]
    /// How many keys of each operation are used in each direction; the tests of each change use less.
    var keyCount = 5

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        try withSystem { right in
            var tally = WrongClocksTally()
            let orders = WrongClocksOrders(
                customer: try right.makeCustomer(), product: try right.makeProduct(stock: 100_000))
            for clock in clocks {
                let known = try orders.make(keyCount, prefix: "known \(clock)", at: right)
                let wrong = try RunningSystem(settings: ShiftedClock.environment(clock), on: right.schema)
                defer { wrong.stop(keepsSchema: true) }
                let new = try orders.make(keyCount, prefix: "new \(clock)", at: wrong)
                for system in [wrong, right] { tally.expired += try orders.sweep(at: system) }
                for made in known + new {
                    try judge(made, again: made.repeated(at: wrong), &tally)
                    try judge(made, again: made.repeated(at: right), &tally)
                    try judgeTime(made, right, &tally)
                }
                for (first, second) in [(right, wrong), (wrong, right)] {
                    for late in [false, true] { try judgeWindow(orders, first, second, late: late, &tally) }
                }
            }
            tally.secondEffects += Int(try right.orderCount) - tally.ordersMade
            for example in tally.examples { print("  \(example)") }
            print(
                """
                clocks: instances at \(clocks.joined(separator: ", ")) beside right ones: \(tally.repetitions) repetitions \
                under known keys: \(tally.secondEffects) second orders; \(tally.ordersFresh) fresh orders swept by both: \
                \(tally.expired) expired; \(tally.wrongCount) other answers or times
                """)
            return tally.isClean
        }
    }

    private func judge(_ made: WrongClocksOrders.Made, again: Reply, _ tally: inout WrongClocksTally) {
        tally.repetitions += 1
        guard made.reply.status != 201 || !again.isReplay || again.data != made.reply.data else { return }
        tally.wrong("\(made.key): first \(describe(made.reply)), then \(describe(again))")
    }

    private func describe(_ reply: Reply) -> String {
        "\(reply.status) \(String(decoding: reply.response.body, as: UTF8.self))"
    }

    private func judgeTime(
        _ made: WrongClocksOrders.Made, _ system: RunningSystem, _ tally: inout WrongClocksTally
    ) throws {
        tally.ordersMade += 1
        if made.operation == .create { tally.ordersFresh += 1 }
        let order = made.reply.data["order"] ?? made.reply.data
        for name in ["created_at", "confirmed_at"] {
            guard let time = order[name]?.string else { continue }
            let seconds = try system.count(
                "SELECT ABS(TIMESTAMPDIFF(SECOND, \(String(time.prefix(19))), UTC_TIMESTAMP()))")
            if seconds > 120 { tally.wrong("\(made.key): \(name) is \(time)") }
        }
    }

    /// Whether an order can be canceled goes by the database's clock, whichever instance is asked.
    private func judgeWindow(
        _ orders: WrongClocksOrders, _ first: RunningSystem, _ second: RunningSystem, late: Bool,
        _ tally: inout WrongClocksTally
    ) throws {
        let made = try orders.make(.createAndConfirm, key: "window \(tally.ordersMade)", at: first)
        tally.ordersMade += 1
        let id = made.reply.data["order"]?["id"]?.integer ?? 0
        if late {
            try first.execute("UPDATE orders SET confirmed_at = confirmed_at - INTERVAL 11 MINUTE WHERE id = \(id)")
        }
        let reply = try second.orders.send(.post, "/admin/orders/\(id)/cancel")
        if reply.status != (late ? 409 : 200) {
            tally.wrong("canceled \(late ? "late" : "in time"): \(describe(reply))")
        }
    }
}

/// What is asked of the instances.
struct WrongClocksOrders {
    enum Operation: CaseIterable {
        case create, createAndConfirm
    }

    struct Made {
        let operation: Operation
        let key: String
        let body: String
        let reply: Reply

        func repeated(at system: RunningSystem) throws -> Reply {
            try WrongClocksOrders.send(operation, body, key: key, to: system)
        }
    }

    let customer: Int64
    let product: Int64

    /// Orders under keys of their own, `count` by each operation.
    func make(_ count: Int, prefix: String, at system: RunningSystem) throws -> [Made] {
        try Operation.allCases.flatMap { operation in
            try (0..<count).map { try make(operation, key: "\(prefix) \(operation) \($0)", at: system) }
        }
    }

    func make(_ operation: Operation, key: String, at system: RunningSystem) throws -> Made {
        let key = key.replacing(" ", with: "-")
        let body = orderBody(customer, [(product, 1)], key: key)
        return Made(
            operation: operation, key: key, body: body,
            reply: try WrongClocksOrders.send(operation, body, key: key, to: system))
    }

    /// Cancels abandoned orders, of which there are none.
    ///
    /// - Returns: how many were canceled.
    func sweep(at system: RunningSystem) throws -> Int {
        var client = system.orders
        client.token = RunningSystem.serviceToken
        return Int(try client.send(.post, "/admin/orders/internal/cancel-abandoned").integer("canceled_count"))
    }

    private static func send(
        _ operation: Operation, _ body: String, key: String, to system: RunningSystem
    ) throws -> Reply {
        switch operation {
        case .create:
            try system.orders.send(
                .post, "/admin/orders/create-order", body, headers: ["X-Idempotency-Key": key])
        case .createAndConfirm:
            try system.orchestrator.send(.post, "/orchestrator/create-and-confirm-order", body)
        }
    }
}

/// What was counted.
struct WrongClocksTally {
    private static let examplesMax = 5

    var repetitions = 0
    var ordersMade = 0
    var ordersFresh = 0
    var secondEffects = 0
    var expired = 0
    private(set) var wrongCount = 0
    private(set) var examples: [String] = []

    var isClean: Bool { secondEffects == 0 && expired == 0 && wrongCount == 0 && repetitions > 0 }

    mutating func wrong(_ what: String) {
        wrongCount += 1
        if examples.count < WrongClocksTally.examplesMax { examples.append(what) }
    }
}
