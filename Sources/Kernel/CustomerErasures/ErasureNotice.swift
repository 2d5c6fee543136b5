package import Concurrency
package import MySQL
package import Telemetry

/// Of whom the Customers API has erased the personal data, and when.
package struct ErasureNotice: Sendable, Equatable {
    package let customerID: Int64
    package let erasedAt: Timestamp

    package init(customerID: Int64, erasedAt: Timestamp) {
        self.customerID = customerID
        self.erasedAt = erasedAt
    }
}

/// Erases what a service has of customers.
package protocol CustomerDataEraser: Sendable {
    /// Erases all that is there of these customers, in steps that hold little for long. Doing it again does no harm, and finds what has
    /// come meanwhile.
    ///
    /// - Returns: how many rows were changed; nil if `stop` came first.
    func erase(_ customerIDs: [Int64], _ stop: StopToken) throws(DatabaseError) -> Int?
}
