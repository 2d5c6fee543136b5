import Concurrency
import CustomerLookup
import FaultPoints
import Telemetry

/// The customers that may order, asked of the Customers API and remembered for a moment.
///
/// Only a customer who may order is remembered: one who is refused is asked for again, so that a customer who has just been
/// made or reactivated can order at once. One who has just been deactivated may still order until the moment is over.
final class CustomerDirectory: Sendable {
    private struct Entry {
        let customer: CustomerSnapshot
        let freshUntil: Deadline
    }

    private let client: CustomersClient
    private let cacheMilliseconds: Int
    private let countMax: Int
    private let entries = Lock<[Int64: Entry]>([:])

    /// - Parameters:
    ///   - cacheMilliseconds: how long a customer is remembered; 0 asks every time.
    ///   - countMax: how many are. 10,000 customers are some 2 MB; more than that order within a second from no single
    ///     process.
    init(_ client: CustomersClient, cacheMilliseconds: Int, countMax: Int = 10_000) {
        self.client = client
        self.cacheMilliseconds = cacheMilliseconds
        self.countMax = countMax
    }

    func activeCustomer(id: Int64, _ call: CallContext) throws(CustomerLookupError) -> CustomerSnapshot {
        let known = entries.withLock { $0[id] }
        if let known, !known.freshUntil.hasPassed { return known.customer }
        faultPoint("orders.customer.before-send")
        let customer = try client.activeCustomer(id: id, call)
        faultPoint("orders.customer.after-send")
        guard cacheMilliseconds > 0 else { return customer }
        let entry = Entry(customer: customer, freshUntil: .after(milliseconds: cacheMilliseconds))
        entries.withLock { entries in
            if entries.count >= countMax {
                entries = entries.filter { !$0.value.freshUntil.hasPassed }
            }
            if entries.count < countMax { entries[id] = entry }
        }
        return customer
    }
}
