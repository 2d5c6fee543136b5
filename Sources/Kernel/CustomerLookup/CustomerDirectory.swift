package import Concurrency
package import CurlHTTPClient
package import Telemetry
package import WebApplication

/// The customers that may order, asked of the Customers API and remembered for a moment.
///
/// Only a customer who may order is remembered: one who is refused is asked for again, so that a customer who has just been
/// made or reactivated can order at once. One who has just been deactivated may still order until the moment is over.
package final class CustomerDirectory: Sendable {
    private struct Entry {
        let customer: CustomerSnapshot
        let freshUntil: Deadline
    }

    private let client: CustomersClient
    private let cacheMilliseconds: Int
    private let countMax: Int
    private let clock: MonotonicClock
    private let entries = Lock<[Int64: Entry]>([:])

    /// - Parameters:
    ///   - cacheMilliseconds: how long a customer is remembered; 0 asks every time.
    ///   - countMax: how many are. 10,000 customers are some 2 MB; more than that order within a second from no single
    ///     process.
    ///   - clock: what tells when that time is over.
    package init(
        _ client: CustomersClient, cacheMilliseconds: Int, countMax: Int = 10_000,
        clock: MonotonicClock = .system
    ) {
        self.client = client
        self.cacheMilliseconds = cacheMilliseconds
        self.countMax = countMax
        self.clock = clock
    }

    /// - Parameter token: by which the Customers API knows a service.
    package convenience init(
        _ settings: CustomerLookupSettings, token: ServiceToken, transport: any HTTPTransport, _ logger: Logger,
        _ metrics: Metrics
    ) {
        self.init(
            CustomersClient(settings.client, token: token, transport: transport, logger, metrics),
            cacheMilliseconds: settings.cacheMilliseconds)
    }

    /// What stands before the look-ups; nil where the client was made without.
    package var guards: DependencyGuards? { client.guards }

    /// The customer, if they are remembered.
    package func known(id: Int64) -> CustomerSnapshot? {
        entries.withLock { $0[id] }.flatMap { clock.hasPassed($0.freshUntil) ? nil : $0.customer }
    }

    /// The customer, asked for if they are not remembered.
    package func activeCustomer(id: Int64, _ call: CallContext) throws(CustomerLookupError) -> CustomerSnapshot {
        if let known = known(id: id) { return known }
        let customer = try client.activeCustomer(id: id, call)
        guard cacheMilliseconds > 0 else { return customer }
        let entry = Entry(customer: customer, freshUntil: clock.after(milliseconds: cacheMilliseconds))
        entries.withLock { entries in
            if entries.count >= countMax {
                entries = entries.filter { !clock.hasPassed($0.value.freshUntil) }
            }
            if entries.count < countMax { entries[id] = entry }
        }
        return customer
    }
}
