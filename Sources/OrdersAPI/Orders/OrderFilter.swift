import Telemetry

/// Which orders a list shows.
struct OrderFilter: Sendable {
    var status: Order.Status?
    var customerID: Int64?
    /// Made at or after this time.
    var from: Timestamp?
    /// Made before this time.
    var to: Timestamp?

    /// The text that a cursor is bound to.
    var description: String {
        let times = [from, to].map { $0.map { String($0.microsecondsSince1970) } ?? "" }
        return "orders|\(status?.rawValue ?? "")|\(customerID.map(String.init) ?? "")|\(times[0])|\(times[1])"
    }
}
