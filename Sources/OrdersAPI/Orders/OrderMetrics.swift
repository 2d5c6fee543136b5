import Telemetry

/// The numbers of orders.
struct OrderMetrics: Sendable {
    private static let transitions = Metrics.Definition(
        "order_transitions_total", "Orders that this process has brought into a state.", .counter,
        labels: ["flow", "status"])
    private static let stockRefusals = Metrics.Definition(
        "stock_refusals_total", "Attempts at an order that ended because there was too little of something.", .counter)

    private let metrics: Metrics

    init(_ metrics: Metrics) {
        self.metrics = metrics
        metrics.declare(
            OrderMetrics.transitions,
            Order.Flow.allCases.flatMap { flow in flow.statuses.map { OrderMetrics.labels(flow, $0) } })
        metrics.declare(OrderMetrics.stockRefusals)
    }

    /// Notes that orders have come into a state: called once that has committed.
    func noteTransition(_ flow: Order.Flow, to status: Order.Status, count: Int = 1) {
        metrics.increment(OrderMetrics.transitions, OrderMetrics.labels(flow, status), by: count)
    }

    func noteStockRefusal() { metrics.increment(OrderMetrics.stockRefusals) }

    private static func labels(_ flow: Order.Flow, _ status: Order.Status) -> [String] {
        [flow.rawValue.lowercased(), status.rawValue.lowercased()]
    }
}

extension Order.Flow {
    /// The states that an order of the flow can come into.
    fileprivate var statuses: [Order.Status] {
        switch self {
        case .sync: [.created, .confirmed, .canceled]
        case .async: [.pending, .stockReserved, .paid, .confirmed, .canceled, .rejected]
        }
    }
}
