import Foundation
import FreePorts
import HTTPMessages
import RepositoryFiles

/// Two instances of each service of the product on one database, behind HAProxy with `deploy/haproxy/haproxy.cfg`, of which the
/// ports alone are changed. The services ask each other through it, too.
package final class PairedSystem: Sendable {
    /// In the order in which they are restarted.
    package static let services = RunningSystem.Service.product

    package let instances: [RunningSystem]
    private let ports: [RunningSystem.Service: Int]
    private let settings: [RunningSystem.Service: [String: String]]
    private let balancer: HAProxy

    /// - Parameter settings: variables beyond the necessary ones, for all instances.
    package init(settings: [String: String] = [:]) throws {
        var ports: [RunningSystem.Service: Int] = [:]
        for service in PairedSystem.services { ports[service] = try freePort() }
        self.ports = ports
        let bases = [
            "CUSTOMERS_API_BASE": "http://127.0.0.1:\(ports[.customers] ?? 0)",
            "ORDERS_API_BASE": "http://127.0.0.1:\(ports[.orders] ?? 0)",
        ]
        self.settings = Dictionary(
            uniqueKeysWithValues: PairedSystem.services.map { ($0, $0 == .customers ? [:] : bases) })
        let first = try RunningSystem(PairedSystem.services, settings: settings, ownSettings: self.settings)
        let second: RunningSystem
        do {
            second = try RunningSystem(
                PairedSystem.services, settings: settings, ownSettings: self.settings, on: first.schema)
        } catch {
            first.stop()
            throw error
        }
        instances = [first, second]
        do {
            let text = try PairedSystem.configuration(ports, instances)
            balancer = try HAProxy(text, listeningOn: ports[.orchestrator] ?? 0)
        } catch {
            PairedSystem.stop(instances)
            throw error
        }
        for service in PairedSystem.services {
            let client = try client(service)
            try waitUntil { try client.send(.get, "/health/ready").status == 200 }
        }
    }

    /// A client of whichever instance the balancer chooses.
    package func client(_ service: RunningSystem.Service) throws -> ServiceClient {
        try RunningSystem.client(service, port: ports[service] ?? 0)
    }

    /// Ends one instance by SIGTERM and starts it anew, on its port; returns when it is ready.
    package func restart(_ service: RunningSystem.Service, of instance: Int) throws {
        let system = instances[instance]
        try system.restart(service, settings: settings[service] ?? [:])
        try waitUntil { try system.client(service).send(.get, "/health/ready").status == 200 }
    }

    package func stop() {
        PairedSystem.stop(instances)
        balancer.end()
    }

    private static func stop(_ instances: [RunningSystem]) {
        instances.last?.stop(keepsSchema: true)
        instances.first?.stop()
    }

    private static func configuration(
        _ ports: [RunningSystem.Service: Int], _ instances: [RunningSystem]
    ) throws -> String {
        var text = try RepositoryFile("deploy/haproxy/haproxy.cfg").text()
        func replace(_ shown: String, _ used: String) throws {
            let parts = text.components(separatedBy: shown)
            guard parts.count == 2 else {
                throw ServiceProcess.Failure(description: "HAProxy's configuration has no single \(shown)")
            }
            text = parts.joined(separator: used)
        }
        let numbers: [(RunningSystem.Service, String, Int)] = [
            (.customers, "customers", 1), (.orders, "orders", 2), (.notifier, "notifier", 3),
            (.orchestrator, "orchestrator", 10),
        ]
        for (service, name, number) in numbers {
            try replace("bind 127.0.0.1:\(4000 + number)\n", "bind 127.0.0.1:\(ports[service] ?? 0)\n")
            for (index, instance) in instances.enumerated() {
                let shown = "server \(name)-\(index + 1) 127.0.0.1:"
                let port = 3000 + 100 * index + number
                try replace("\(shown)\(port)\n", "\(shown)\(instance.client(service).port)\n")
            }
        }
        return text
    }
}
