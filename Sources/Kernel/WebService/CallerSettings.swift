private import OutboundAddresses
private import Resilience
internal import Settings
package import WebApplication

/// How callers are told apart, and how much each may ask.
package struct CallerSettings: Sendable {
    static let rateNames = [
        "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW_SECONDS", "RATE_LIMIT_BURST", "RATE_LIMIT_CALLERS",
    ]

    package let rates: CallerLimits.Rates
    package let addresses: ClientAddresses

    /// - Parameter limitsCallers: false for a service that limits nobody, and has no settings for it.
    init(_ reader: inout EnvironmentReader, limitsCallers: Bool) {
        guard limitsCallers else {
            rates = CallerLimits.Rates(nil)
            addresses = ClientAddresses(proxies: [])
            return
        }
        rates = CallerSettings.rates(&reader)
        addresses = ClientAddresses(proxies: CallerSettings.proxies(&reader))
    }

    private static func rates(_ reader: inout EnvironmentReader) -> CallerLimits.Rates {
        let requestsMax = RequestRate.requestsRange.upperBound
        let requests = reader.integer(
            "RATE_LIMIT_REQUESTS", default: 0, in: 0...requestsMax,
            "Requests that each caller may make in RATE_LIMIT_WINDOW_SECONDS, repetitions of a key included; one more is answered "
                + "429. 0 sets no limit.")
        let windowSeconds = reader.integer(
            "RATE_LIMIT_WINDOW_SECONDS", default: 60, in: RequestRate.windowSecondsRange, "See RATE_LIMIT_REQUESTS.")
        let burst = reader.integer(
            "RATE_LIMIT_BURST", default: requests, in: 1...requestsMax,
            "How many of them may come at once; by default all.")
        func rate(_ own: Int) -> RequestRate? {
            guard own > 0 else { return nil }
            // In the same proportion.
            let share = requests > 0 ? burst * own / requests : own
            return RequestRate(requests: own, windowSeconds: windowSeconds, burst: share)
        }
        let own = reader.list(
            "RATE_LIMIT_CALLERS",
            "Callers with another number of requests than RATE_LIMIT_REQUESTS, as name=requests,name=requests; `default` is who has "
                + "API_TOKEN, `customer` each customer, `address` each address of callers without a token. 0 sets no limit."
        ).compactMap { entry -> (String, RequestRate?)? in
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, TokenSettings.isCallerName(parts[0]), let requests = Int(parts[1]),
                0...requestsMax ~= requests
            else {
                reader.reject("RATE_LIMIT_CALLERS", "must be a list of name=requests, up to \(requestsMax)")
                return nil
            }
            return (parts[0], rate(requests))
        }
        return CallerLimits.Rates(rate(requests), own: Dictionary(own) { _, last in last })
    }

    private static func proxies(_ reader: inout EnvironmentReader) -> [IPNetwork] {
        let text = reader.text(
            "TRUSTED_PROXIES", default: "127.0.0.0/8,::1/128",
            "Networks of the proxies in front, whose X-Forwarded-For says who calls: by it callers without a token are told apart."
        )
        let networks = text.split(separator: ",").map { part in
            IPNetwork(String(part.drop { $0 == " " }.prefix { $0 != " " }))
        }
        if networks.contains(where: { $0 == nil }) {
            reader.reject("TRUSTED_PROXIES", "must list networks such as 10.0.0.0/8 or fd00::/8")
        }
        return networks.compactMap { $0 }
    }
}
