import Digests
import Telemetry

/// Which orders a list shows.
struct OrderFilter: Sendable {
    var status: Order.Status?
    var customerID: Int64?
    /// As `OrderOrigin` has them.
    var keyDigest: [UInt8]?
    var correlationDigest: [UInt8]?
    /// Made at or after this time.
    var from: Timestamp?
    /// Made before this time.
    var to: Timestamp?

    /// The text that a cursor is bound to.
    var description: String {
        let times = [from, to].map { $0.map { String($0.microsecondsSince1970) } ?? "" }
        var text = "orders|\(status?.rawValue ?? "")|\(customerID.map(String.init) ?? "")|\(times[0])|\(times[1])"
        // At the end, and only where they are asked for: cursors from before there were these serve on.
        if let keyDigest { text += "|key=\(Hex.encode(keyDigest))" }
        if let correlationDigest { text += "|correlation=\(Hex.encode(correlationDigest))" }
        return text
    }
}
