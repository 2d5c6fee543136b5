import BlockingTesting
@testable import OrdersAPI
import SeededRandom
import ServiceTesting
import Testing

@Suite(.blocking) struct OrderHistoryTests {
    private static let historyCount = 200
    private static let historyLength = 30

    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    @Test func `whatever is asked in whatever order, the service answers and counts as the model does`() throws {
        var random = SeededRandom("histories of orders")
        var runs = 0
        func disagreement(_ commands: [OrderCommand]) -> String? {
            runs += 1
            do {
                try OrderHistory.run(commands, harness, customers, name: "history-\(runs)")
                return nil
            } catch {
                return String(describing: error)
            }
        }
        for _ in 0..<Self.historyCount {
            let commands = OrderCommand.history(Self.historyLength, &random)
            guard disagreement(commands) != nil else { continue }
            let fewest = shrunk(commands) { disagreement($0) != nil }
            Issue.record(
                """
                \(disagreement(fewest) ?? "The shortened history does not fail again.")
                \(fewest.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n"))
                """)
            return
        }
    }

    @Test func `a failing history is shortened to the steps it needs`() {
        let steps = Array(0..<40)
        #expect(shrunk(steps) { $0.contains(7) && $0.contains(31) } == [7, 31])
        #expect(shrunk(steps) { $0.filter { $0 > 20 }.count >= 3 }.count == 3)
    }
}
