import CustomerLookup
import HTTPMessages
import WebApplication

extension ProblemType {
    static let ordersUnavailable = ProblemType(
        .serviceUnavailable, "orders-unavailable", "Orders API unavailable", isRetryable: true,
        when: "The Orders API cannot be reached, fails, or is slow and waited for by as many requests as may.")

    /// All that this service answers of its own; the Orders API's it passes on.
    static let orchestrator: [ProblemType] = [.ordersUnavailable] + customerLookup
}
