import Concurrency
import DatabaseTesting
import HTTPMessages
import MySQL
import SeededRandom
import SystemTesting

/// R18: the database falls silent: stopped as a process, or behind a network that loses every packet, while connections are made,
/// within statements, and at COMMIT. Replies come by their deadlines all the same; afterwards the services find it again, and each
/// key has one order.
struct SilentDatabase: Sendable {
    enum Silence: CaseIterable {
        /// New connections are let in and hear nothing; there are more clients than connections.
        case whileConnecting
        case withinStatements
        case beforeCommit
        case afterCommit
        /// SIGSTOP.
        case stoppedProcess
    }

    /// The figures' size; the tests of each change use less.
    var roundCount = 5
    var clientCount = 24
    /// How much after its deadline a reply is late.
    var allowedMilliseconds = 100
    let seed: UInt64

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let proxy = try CommitCuttingProxy(to: schema.configuration.port)
        let system = try RunningSystem(settings: ["DB_PORT": String(proxy.port)], on: schema)
        defer {
            system.stop()
            proxy.close()
        }
        let requests = SilentDatabaseRequests(
            customer: try system.makeCustomer(), product: try system.makeProduct(stock: 100_000))
        var tally = SilentDatabaseTally()
        var random = SeededRandom(seed: seed)
        for round in 0..<roundCount {
            for silence in Silence.allCases {
                if silence == .whileConnecting { try system.restart(.orders) }
                try begin(silence, server, proxy)
                let seeds = (0..<clientCount).map { _ in random.next() }
                let answers = try inParallel(clientCount) { client in
                    var random = SeededRandom(seed: seeds[client])
                    return try requests.send(key: "\(silence)-\(round)-\(client)", &random, to: system)
                }
                try server.resume()
                proxy.speak()
                for answer in answers { tally.count(answer, silence, allowedMilliseconds: allowedMilliseconds) }
                try recover(system, &tally)
                for answer in answers { try repeatUntilAnswered(answer, requests, system, &tally) }
            }
        }
        for example in tally.examples { print("  \(example)") }
        let duplicates = try Int(system.orderCount) - tally.keys.count
        print(
            """
            silence: \(tally.replies) requests with deadlines of 200 to 1000 ms while the database said nothing \
            (\(Silence.allCases.map { "\($0)" }.joined(separator: ", "))): \(tally.late) replies later than deadline + \
            \(allowedMilliseconds) ms, the latest \(tally.latestMilliseconds) ms after; \(tally.other) other answers than \
            503 and 504; served again within \(tally.recoveryMilliseconds) ms; \(tally.keys.count) keys: \(duplicates) \
            second orders; seed \(seed)
            """)
        return tally.isClean && duplicates == 0
    }

    private func begin(_ silence: Silence, _ server: DedicatedTestServer, _ proxy: CommitCuttingProxy) throws {
        switch silence {
        case .whileConnecting, .withinStatements: proxy.fallSilent()
        case .beforeCommit: proxy.cut(.silentBefore)
        case .afterCommit: proxy.cut(.silentAfter)
        case .stoppedProcess: try server.pause()
        }
    }

    /// Waits until the services answer as ever.
    private func recover(_ system: RunningSystem, _ tally: inout SilentDatabaseTally) throws {
        let start = uptimeNanoseconds()
        try waitUntil(seconds: 20) {
            try system.orders.send(.get, "/admin/orders/find-all?limit=1").status == 200
                && system.customers.send(.get, "/admin/customers/find-all?limit=1").status == 200
        }
        tally.recoveryMilliseconds = max(
            tally.recoveryMilliseconds, Int((uptimeNanoseconds() - start) / 1_000_000))
    }

    private func repeatUntilAnswered(
        _ answer: SilentDatabaseRequests.Answer, _ requests: SilentDatabaseRequests, _ system: RunningSystem,
        _ tally: inout SilentDatabaseTally
    ) throws {
        guard answer.kind.hasKey else { return }
        // What a cut-off statement still holds in the server is waited for.
        try waitUntil(seconds: 20) { try requests.send(answer.kind, key: answer.key, to: system, nil).status == 201 }
        tally.keys.insert(answer.key)
    }
}

/// What is asked meanwhile.
struct SilentDatabaseRequests {
    enum Kind: CaseIterable {
        case orchestration, createOrder, getCustomer, listOrders, updateProduct

        var hasKey: Bool { self == .orchestration || self == .createOrder }
    }

    struct Answer {
        let kind: Kind
        let key: String
        let status: Int
        let code: String?
        let lateMilliseconds: Int
    }

    let customer: Int64
    let product: Int64

    func send(key: String, _ random: inout SeededRandom, to system: RunningSystem) throws -> Answer {
        let kind = Kind.allCases.randomElement(using: &random) ?? .createOrder
        let milliseconds = Int.random(in: 200...1000, using: &random)
        let start = uptimeNanoseconds()
        let reply = try send(kind, key: key, to: system, milliseconds)
        let elapsed = Int((uptimeNanoseconds() - start) / 1_000_000)
        return Answer(
            kind: kind, key: key, status: reply.status, code: reply.code, lateMilliseconds: elapsed - milliseconds)
    }

    func send(_ kind: Kind, key: String, to system: RunningSystem, _ timeoutMilliseconds: Int?) throws -> Reply {
        var headers = HeaderFields()
        if let timeoutMilliseconds { headers["X-Request-Timeout-Ms"] = String(timeoutMilliseconds) }
        switch kind {
        case .orchestration: return try system.placeOrder(customer, product, quantity: 1, key: key, headers: headers)
        case .createOrder:
            headers["X-Idempotency-Key"] = key
            return try system.orders.send(
                .post, "/admin/orders/create-order",
                #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#, headers: headers)
        case .getCustomer:
            return try system.customers.send(.get, "/admin/customers/find-one/\(customer)", headers: headers)
        case .listOrders: return try system.orders.send(.get, "/admin/orders/find-all?limit=5", headers: headers)
        case .updateProduct:
            return try system.orders.send(
                .patch, "/admin/products/update/\(product)", #"{"name":"\#(key)"}"#, headers: headers)
        }
    }
}

/// What was counted.
struct SilentDatabaseTally {
    private static let examplesMax = 5

    private(set) var replies = 0
    private(set) var late = 0
    private(set) var latestMilliseconds = Int.min
    private(set) var other = 0
    private(set) var examples: [String] = []
    var recoveryMilliseconds = 0
    /// Those that have an order in the end.
    var keys: Set<String> = []

    var isClean: Bool { late == 0 && other == 0 && replies > 0 && !keys.isEmpty }

    mutating func count(
        _ answer: SilentDatabaseRequests.Answer, _ silence: SilentDatabase.Silence, allowedMilliseconds: Int
    ) {
        replies += 1
        latestMilliseconds = max(latestMilliseconds, answer.lateMilliseconds)
        // Up to the first COMMIT, and for whoever commits nothing, all goes on.
        let maySucceed = silence == .beforeCommit || silence == .afterCommit
        let isOther =
            ![503, 504].contains(answer.status) && !(maySucceed && 200..<300 ~= answer.status)
            || answer.kind.hasKey && answer.code == "outcome-unknown"
        let isLate = answer.lateMilliseconds > allowedMilliseconds
        if isLate { late += 1 }
        if isOther { other += 1 }
        if isLate || isOther, examples.count < SilentDatabaseTally.examplesMax {
            examples.append("\(silence): \(answer)")
        }
    }
}
