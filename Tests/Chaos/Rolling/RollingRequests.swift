import CurlHTTPClient
import HTTPMessages
import JSON
import SystemTesting

/// What is asked while instances restart: three orders of four requests, and a read of each service in turn.
struct RollingRequests: Sendable {
    private static let reads: [(RunningSystem.Service, String)] = [
        (.customers, "/admin/customers/find-all?limit=5"), (.orders, "/admin/orders/find-all?limit=5"),
        (.notifier, "/admin/webhooks/find-all?limit=5"),
    ]

    private let clients: [RunningSystem.Service: ServiceClient]
    private let customer: Int64
    private let product: Int64
    private let seed: UInt64

    init(_ pair: PairedSystem, customer: Int64, product: Int64, seed: UInt64) throws {
        var clients: [RunningSystem.Service: ServiceClient] = [:]
        for service in PairedSystem.services { clients[service] = try pair.client(service) }
        self.clients = clients
        self.customer = customer
        self.product = product
        self.seed = seed
    }

    /// Sends one request, once.
    func send(client: Int, _ number: Int, _ tally: inout RollingTally) {
        guard number % 4 != 3 else {
            let (service, target) = RollingRequests.reads[number / 4 % RollingRequests.reads.count]
            tally.readCount += 1
            tally.judge(target, 200) { try clients[service]?.send(.get, target) }
            return
        }
        let key = "rolling-\(seed)-\(client)-\(number)"
        tally.orderCount += 1
        tally.called.insert(key)
        let reply = tally.judge(key, 201) {
            try clients[.orchestrator]?.send(
                .post, "/orchestrator/create-and-confirm-order", orderBody(customer, [(product, 1)], key: key))
        }
        if let id = reply?.data["order"]?["id"]?.integer { tally.acknowledged[key] = id }
    }
}

/// What the clients were answered.
struct RollingTally: Sendable {
    private static let examplesMax = 5

    var orderCount = 0
    var readCount = 0
    private(set) var failedCount = 0
    private(set) var examples: [String] = []
    /// The order of each key that was answered with one.
    var acknowledged: [String: Int64] = [:]
    var called: Set<String> = []

    /// Counts whatever is not the answer that was asked for.
    @discardableResult
    mutating func judge(_ what: String, _ status: Int, _ send: () throws -> Reply?) -> Reply? {
        var reply: Reply?
        let failure: String?
        do {
            reply = try send()
            failure =
                reply?.status == status
                ? nil : "\(reply?.status ?? 0) \(String(decoding: reply?.response.body ?? [], as: UTF8.self))"
        } catch {
            failure = "\(error)"
        }
        guard let failure else { return reply }
        failedCount += 1
        if examples.count < RollingTally.examplesMax { examples.append("\(what): \(failure)") }
        return nil
    }

    static func + (left: RollingTally, right: RollingTally) -> RollingTally {
        var sum = left
        sum.orderCount += right.orderCount
        sum.readCount += right.readCount
        sum.failedCount += right.failedCount
        sum.examples += right.examples
        sum.acknowledged.merge(right.acknowledged) { first, _ in first }
        sum.called.formUnion(right.called)
        return sum
    }
}
