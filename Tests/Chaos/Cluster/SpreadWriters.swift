import Concurrency
import DatabaseTesting
import Foundation
import FreePorts
import HTTPMessages
import JSON
import MySQL
import SystemTesting

/// Services that know one address of a database, behind which a balancer gives each connection another of two nodes. What one
/// node has acknowledged the next statement may look for on the other.
struct SpreadWriters {
    struct Outcome {
        let keyCount: Int
        /// The order of each key that was answered with one.
        var orders: [String: Int64] = [:]
        /// Answers that were neither an order nor an invitation to repeat.
        var refusals: [String] = []

        var isClean: Bool { orders.count == keyCount && refusals.isEmpty }

        var line: String {
            (refusals.prefix(5).map { "  \($0)\n" }).joined()
                + """
                two writers: services on two nodes in turn, each key for a customer and a product that were just made: \
                \(orders.count) of \(keyCount) keys answered with their order, \(refusals.count) refused
                """
        }
    }

    private static let clientCount = 4
    private static let attemptsMax = 50

    private let cluster: GaleraCluster
    private let schema: TestSchema
    private let keyCount: Int

    init(_ cluster: GaleraCluster, _ schema: TestSchema, keyCount: Int) {
        self.cluster = cluster
        self.schema = schema
        self.keyCount = keyCount
    }

    func run() throws -> Outcome {
        let port = try freePort()
        let servers = cluster.nodes.prefix(2).map { node in
            "    server node-\(node + 1) \(cluster.configuration.hosts[node])\n"
        }
        let balancer = try HAProxy(
            """
            defaults
                mode tcp
                maxconn 1000
                timeout connect 2s
                timeout client 60s
                timeout server 60s
            listen database
                bind 127.0.0.1:\(port)
                balance roundrobin
            \(servers.joined())
            """, listeningOn: port)
        defer { balancer.end() }
        let system = try RunningSystem(settings: ["DB_HOST": "127.0.0.1", "DB_PORT": String(port)], on: schema)
        defer { system.stop(keepsSchema: true) }
        let keys = (0..<keyCount).map { "spread-\($0)" }
        let next = Lock(0)
        let parts = try inParallel(SpreadWriters.clientCount) { _ in
            var outcome = Outcome(keyCount: 0)
            while let key = next.withLock({ next -> String? in
                defer { next += 1 }
                return next < keys.count ? keys[next] : nil
            }) {
                try ask(key, system, &outcome)
            }
            return outcome
        }
        return parts.reduce(into: Outcome(keyCount: keyCount)) { sum, part in
            sum.orders.merge(part.orders) { first, _ in first }
            sum.refusals += part.refusals
        }
    }

    /// Makes a customer and a product, orders it at once, and reads the order at once; asks again as long as it is told to.
    private func ask(_ key: String, _ system: RunningSystem, _ outcome: inout Outcome) throws {
        let customer = try system.makeCustomer()
        let product = try system.makeProduct(stock: 10)
        for _ in 0..<SpreadWriters.attemptsMax {
            let reply = try system.placeOrder(customer, product, quantity: 2, key: key)
            guard reply.status == 201 else {
                if reply.json["retryable"]?.bool == true {
                    Concurrency.Thread.sleep(milliseconds: 100)
                    continue
                }
                outcome.refusals.append("\(key): \(reply.status) \(reply.code ?? "")")
                return
            }
            let id = reply.data["order"]?["id"]?.integer ?? -1
            outcome.orders[key] = id
            let read = try system.orders.send(.get, "/admin/orders/find-one/\(id)")
            if read.status != 200 { outcome.refusals.append("\(key): its order is not there: \(read.status)") }
            return
        }
    }
}
