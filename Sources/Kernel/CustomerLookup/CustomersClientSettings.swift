package import CurlHTTPClient
package import Resilience
package import Settings

/// Where the Customers API is, and when it is not asked.
package struct CustomersClientSettings: Sendable {
    package let origin: Origin
    /// How many calls may wait for the Customers API at once.
    package let callersMax: Int
    package let circuit: CircuitBreaker.Settings

    /// - Parameter setting: the name of the one that `callersMaxDefault` is half of.
    /// - Returns: nil where there is a mistake; the reader tells of it.
    package init?(_ reader: inout EnvironmentReader, callersMaxDefault: Int, halfOf setting: String) {
        let origin = reader.origin(
            "CUSTOMERS_API_BASE", default: "http://127.0.0.1:3001", "Where the Customers API is.")
        callersMax = reader.integer(
            "CUSTOMERS_CALLERS_MAX", default: callersMaxDefault, in: 1...256,
            "Calls that may wait for the Customers API at once; by default half of \(setting), the rest serves the others."
        )
        // A look-up takes a few milliseconds; a second is no load but an outage.
        circuit = reader.circuit("CUSTOMERS", "the Customers API", slowMilliseconds: 1000)
        guard let origin else { return nil }
        self.origin = origin
    }
}
