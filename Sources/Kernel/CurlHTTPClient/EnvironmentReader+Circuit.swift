package import Resilience
package import Settings

extension EnvironmentReader {
    /// When calls to another service are held back.
    ///
    /// - Parameters:
    ///   - prefix: what the settings' names begin with: `CUSTOMERS`.
    ///   - service: in a sentence: "the Customers API".
    ///   - slowMilliseconds: from when on a call is slow, by default.
    ///   - callsMin: of how many calls something follows, by default; nil for as many as of any service.
    package mutating func circuit(
        _ prefix: String, _ service: String, slowMilliseconds: Int, callsMin: Int? = nil
    ) -> CircuitBreaker.Settings {
        var settings = CircuitBreaker.Settings()
        settings.failurePercent = integer(
            "\(prefix)_CIRCUIT_FAILURE_PERCENT", default: settings.failurePercent, in: 1...100,
            "Share of the calls of 10 s, in percent, that must fail for \(service) to be left alone for a while.")
        settings.callsMin = integer(
            "\(prefix)_CIRCUIT_CALLS_MIN", default: callsMin ?? settings.callsMin, in: 1...1_000_000,
            "Of fewer calls in 10 s nothing follows for \(service).")
        settings.slowMilliseconds = integer(
            "\(prefix)_CIRCUIT_SLOW_MS", default: slowMilliseconds, in: 10...60_000,
            "From when on a call is slow; where \(settings.slowPercent) percent are, \(service) is left alone, too.")
        settings.openMilliseconds = integer(
            "\(prefix)_CIRCUIT_OPEN_MS", default: settings.openMilliseconds, in: 100...600_000,
            "How long \(service) is left alone before \(settings.probesMax) calls find out whether it is back.")
        return settings
    }
}
