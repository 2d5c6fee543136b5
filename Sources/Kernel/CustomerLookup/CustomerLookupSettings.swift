package import CurlHTTPClient
package import Resilience
package import Settings

/// Where customers are asked for, and how.
package struct CustomerLookupSettings: Sendable {
    package let origin: Origin
    /// How many requests may wait for the Customers API at once.
    package let callersMax: Int
    package let circuit: CircuitBreaker.Settings
    /// How long a customer is remembered; 0 asks every time.
    package let cacheMilliseconds: Int

    /// - Parameter workersMax: how many requests the service works on at once.
    /// - Returns: nil where there is a mistake; the reader tells of it.
    package init?(_ reader: inout EnvironmentReader, workersMax: Int) {
        let origin = reader.origin(
            "CUSTOMERS_API_BASE", default: "http://127.0.0.1:3001", "Where the Customers API is.")
        callersMax = reader.integer(
            "CUSTOMERS_CALLERS_MAX", default: max(workersMax / 2, 1), in: 1...256,
            "Requests that may wait for the Customers API at once; by default half of WORKERS_MAX, the rest serves the others."
        )
        // A look-up takes a few milliseconds; a second is no load but an outage.
        circuit = reader.circuit("CUSTOMERS", "the Customers API", slowMilliseconds: 1000)
        cacheMilliseconds = reader.integer(
            "CUSTOMER_CACHE_TTL_MS", default: 1000, in: 0...60_000,
            "How long a customer who may order is remembered; so long may one go on who was just deactivated.")
        guard let origin else { return nil }
        self.origin = origin
    }
}
