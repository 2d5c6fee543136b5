import BlockingTesting
import Concurrency
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct ListCostTests {
    /// Of 3,000 deliveries 5 are dead; there are 3 endpoints and 500 orders.
    @Test func `a page costs its own rows, whatever the filter and however deep it lies`() throws {
        let harness = try ServiceHarness()
        try harness.database.change(
            """
            INSERT INTO deliveries (endpoint_id, order_id, seq, replay, event_id, event_type, state, created_at)
            SELECT number % 3 + 1, number % 500 + 1, number + 1, 0, \(eventID(1)), 'order.created',
                IF(number % 600 = 300, 'DEAD', 'DELIVERED'), UTC_TIMESTAMP(6)
            FROM \(SQL.numbers(below: 3000)) ORDER BY number
            """)
        for state in [nil, Delivery.State.dead, .delivered, .pending] {
            for endpointID in [nil, Int64(1), 99] {
                for orderID in [nil, Int64(7)] {
                    for beforeID in [nil, Int64(2500), 1000, 20] {
                        let filter = DeliveryFilter(endpointID: endpointID, state: state, orderID: orderID)
                        let read = try harness.database.read(by: .after(milliseconds: 20_000)) {
                            (session: borrowing ReadSession<DeliveryError>) throws(DeliveryError) in
                            try session.rowsRead { (session) throws(DeliveryError) in
                                _ = try DeliveryStore().list(filter, beforeID: beforeID, limit: 21, in: session)
                            }
                        }
                        #expect(read <= 2 * 21, "\(filter.description) below \(beforeID ?? .max)")
                    }
                }
            }
        }
    }
}
