import DatabaseTesting
import FreePorts
import SeededRandom
import SystemTesting

/// The proxies between the clients and the services, and the ports of all of them.
struct Wiring: Sendable {
    /// Whom the clients speak with.
    let entry: RunningSystem.Service
    /// Between the clients and the entry.
    let clients: FaultProxy
    /// Between the orchestrator and the Orders API.
    let orders: FaultProxy
    /// Between the Customers API and those that ask it.
    let customers: FaultProxy
    /// Between the payment gateway and those that pay.
    private let gateway: FaultProxy
    /// Between the Notifier and the Orders API: there is always a request that waits for events.
    private let feed: FaultProxy
    private let ports: [RunningSystem.Service: Int]
    private let own: [RunningSystem.Service: [String: String]]

    /// 10 s beyond the longest stall.
    private static let idleSecondsMax = 16

    /// - Parameter own: what each service is told besides.
    init(
        _ services: [RunningSystem.Service], entry: RunningSystem.Service = .orchestrator, rates: FaultRates,
        seed: SeededRandom, own: [RunningSystem.Service: [String: String]]
    ) throws {
        // Below the ports of outgoing connections, so that each is free again when its service is killed.
        var ports: [RunningSystem.Service: Int] = [:]
        for service in services { ports[service] = try freePort() }
        func proxy(_ service: RunningSystem.Service, _ number: Int) throws -> FaultProxy {
            var random = seed.stream(.proxy(number))
            return try FaultProxy(to: ports[service] ?? 0, rates: rates, seed: random.next())
        }
        self.entry = entry
        clients = try proxy(entry, 0)
        orders = try proxy(.orders, 1)
        customers = try proxy(.customers, 2)
        feed = try proxy(.orders, 3)
        gateway = try proxy(.paymentSimulator, 4)
        self.ports = ports
        self.own = own
    }

    func settings(of service: RunningSystem.Service) -> [String: String] {
        wires(of: service).merging(own[service] ?? [:]) { _, own in own }
    }

    private func wires(of service: RunningSystem.Service) -> [String: String] {
        switch service {
        case .customers, .paymentSimulator: [:]
        case .orders:
            ["CUSTOMERS_API_BASE": "http://127.0.0.1:\(customers.port)"].merging(
                ports[.paymentSimulator] == nil ? [:] : ["PAYMENT_GATEWAY_URL": "http://127.0.0.1:\(gateway.port)"]
            ) { $1 }
        case .orchestrator:
            [
                "CUSTOMERS_API_BASE": "http://127.0.0.1:\(customers.port)",
                "ORDERS_API_BASE": "http://127.0.0.1:\(orders.port)",
            ]
        case .notifier: ["ORDERS_API_BASE": "http://127.0.0.1:\(feed.port)"]
        }
    }

    /// As above, with the port to begin on.
    var firstSettings: [RunningSystem.Service: [String: String]] {
        ports.reduce(into: [:]) { result, entry in
            result[entry.key] = settings(of: entry.key).merging(["PORT": String(entry.value)]) { _, port in port }
        }
    }

    func count(_ fault: NetworkFault) -> Int { all.reduce(0) { $0 + ($1.counts[fault] ?? 0) } }

    /// Has everybody who speaks with the entry find it on another port.
    func redirectEntry(to port: Int) {
        for proxy in entry == .orders ? [clients, orders, feed] : [clients] { proxy.redirect(to: port) }
    }

    /// Lets nothing more happen, and waits for what is late.
    func calm() throws {
        for proxy in all { proxy.calm() }
        try waitUntil(seconds: Wiring.idleSecondsMax) { [clients, orders, customers, gateway].allSatisfy(\.isIdle) }
    }

    func stop() { for proxy in all { proxy.stop() } }

    private var all: [FaultProxy] { [clients, orders, customers, gateway, feed] }
}
