import Concurrency
import DatabaseTesting
import MySQL
import SeededRandom
import SystemTesting

/// R12: orders while nodes of a Galera cluster go. The node in use falls silent, and is killed later: orders flow again within
/// seconds, and every key has its order once, on every node that is left. Between the two, services that write to two nodes in
/// turn answer every key.
struct ClusterOutages: Sendable {
    /// The figures' size; the tests of each change use less.
    var orderCount = 1500
    var clientCount = 8
    var spreadKeyCount = 101
    /// Longer than the cluster and the services take to do without the node.
    var pauseMilliseconds = 12_000
    let seed: UInt64

    private static let stallSecondsMax = 8.0

    /// Prints the figures.
    ///
    /// - Returns: whether everything was as promised.
    func run() throws -> Bool {
        let cluster = try GaleraCluster()
        let schema = try TestSchema(on: cluster.configuration)
        let system = try RunningSystem(on: schema)
        defer { system.stop(keepsSchema: true) }
        let assortment = try Assortment(in: system, orders: orderCount)
        let load = ClusterLoad(system, assortment, orderCount: orderCount, clientCount: clientCount, seed: seed)

        let stall = try load.run(until: orderCount / 2) {
            try cluster.pause(0)
            Thread.sleep(milliseconds: pauseMilliseconds)
            try cluster.resume(0)
        }
        print("silent: the node in use stopped for \(pauseMilliseconds) ms: \(stall)")
        try waitUntil(seconds: 60) { cluster.nodes.allSatisfy(cluster.isComplete) }
        let spread = try SpreadWriters(cluster, schema, keyCount: spreadKeyCount).run()
        print(spread.line)
        // The services have found the first node again by now.
        let kill = try load.run(until: orderCount) { try cluster.kill9(0) }
        print("killed: the node in use, `kill -9`: \(kill)")
        try load.repeatAll()
        let audit = try audit(cluster, schema, load, assortment, spread)
        print(
            """
            cluster: \(load.asked) keys, each asked for until answered: \(audit.duplicates) duplicates, \(audit.lost) lost, \
            \(audit.stockErrors) stock errors, \(load.answers.changed) changed answers, \(audit.others) other findings, on each of \
            \(cluster.nodes.count - 1) nodes; longest wait for the next order \
            \(ClusterLoad.text(max(stall.gapSeconds, kill.gapSeconds))) s; seed \(seed)
            """)
        return audit.isClean && spread.isClean && load.answers.changed == 0 && load.answers.unexpected == 0
            && max(stall.gapSeconds, kill.gapSeconds) <= ClusterOutages.stallSecondsMax
    }

    private struct Findings {
        var duplicates: Int64 = 0
        var lost = 0
        var stockErrors = 0
        var others = 0

        var isClean: Bool { duplicates == 0 && lost + stockErrors + others == 0 }
    }

    /// The worst of what the nodes hold that are left.
    private func audit(
        _ cluster: GaleraCluster, _ schema: TestSchema, _ load: ClusterLoad, _ assortment: Assortment,
        _ spread: SpreadWriters.Outcome
    ) throws -> Findings {
        var findings = Findings()
        for node in cluster.nodes.dropFirst() {
            var configuration = cluster.configuration(of: node, schema: schema.configuration.database)
            configuration.resultRowsMax = StormAudit.rowsMax
            let database = Database(configuration)
            defer { database.close() }
            let audit = try StormAudit(
                of: database, assortment, load.answers, asked: load.asked, seed: seed, alsoAcknowledged: spread.orders)
            findings.duplicates += audit.duplicates
            findings.lost += audit.lost
            findings.stockErrors += audit.stockErrors
            findings.others += audit.otherViolations + audit.unanswered
            for violation in audit.violations.prefix(5) { print("  node \(node + 1): \(violation)") }
        }
        for violation in load.answers.violations.prefix(5) { print("  \(violation)") }
        return findings
    }
}
