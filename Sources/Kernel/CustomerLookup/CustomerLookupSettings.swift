package import Settings

/// Where customers are asked for, and how long they are remembered.
package struct CustomerLookupSettings: Sendable {
    package let client: CustomersClientSettings
    /// How long a customer is remembered; 0 asks every time.
    package let cacheMilliseconds: Int

    /// - Parameter workersMax: how many requests the service works on at once.
    /// - Returns: nil where there is a mistake; the reader tells of it.
    package init?(_ reader: inout EnvironmentReader, workersMax: Int) {
        let client = CustomersClientSettings(&reader, callersMaxDefault: max(workersMax / 2, 1), halfOf: "WORKERS_MAX")
        cacheMilliseconds = reader.integer(
            "CUSTOMER_CACHE_TTL_MS", default: 1000, in: 0...60_000,
            "How long a customer who may order is remembered; so long may one go on who was just deactivated.")
        guard let client else { return nil }
        self.client = client
    }
}
