import Resilience
import Settings
import Testing
import WebApplication
import WebService

@Suite struct CallerSettingsTests {
    private func read(_ values: [String: String]) -> (CallerSettings, [String]) {
        var reader = EnvironmentReader(values)
        let settings = ServiceSettings(&reader, portDefault: 3001).callers
        do throws(ConfigurationError) {
            try reader.finish()
            return (settings, [])
        } catch {
            return (settings, error.mistakes)
        }
    }

    @Test func `by default nobody is limited`() {
        #expect(read([:]).0.rates.isEmpty)
        #expect(read(["RATE_LIMIT_WINDOW_SECONDS": "1", "RATE_LIMIT_BURST": "5"]).0.rates.isEmpty)
    }

    @Test func `a limit is so many requests in a minute, all of which may come at once`() {
        let rates = read(["RATE_LIMIT_REQUESTS": "600"]).0.rates
        #expect(rates.ordinary == RequestRate(requests: 600, windowSeconds: 60, burst: 600) && rates.own.isEmpty)
    }

    @Test func `window, burst and callers with a limit of their own are taken`() {
        let (settings, mistakes) = read([
            "RATE_LIMIT_REQUESTS": "100", "RATE_LIMIT_WINDOW_SECONDS": "10", "RATE_LIMIT_BURST": "20",
            "RATE_LIMIT_CALLERS": "acme=1000, shop=0, address=5",
        ])
        #expect(mistakes == [])
        #expect(settings.rates.ordinary == RequestRate(requests: 100, windowSeconds: 10, burst: 20))
        let own: [String: RequestRate?] = [
            "acme": RequestRate(requests: 1000, windowSeconds: 10, burst: 200), "shop": nil,
            "address": RequestRate(requests: 5, windowSeconds: 10, burst: 1),
        ]
        #expect(settings.rates.own == own)
    }

    @Test func `some callers may be limited where the others are not`() {
        let rates = read(["RATE_LIMIT_CALLERS": "address=60"]).0.rates
        #expect(!rates.isEmpty && rates.ordinary == nil)
        #expect(rates.own == ["address": RequestRate(requests: 60, windowSeconds: 60)])
    }

    @Test(arguments: ["acme", "acme=", "acme=x", "acme=-1", "acme=1000001", "Acme=1", "=1", "acme=1=2"])
    func `a list of limits that is none is a mistake`(text: String) {
        #expect(read(["RATE_LIMIT_CALLERS": text]).1.map { $0.prefix(18) } == ["RATE_LIMIT_CALLERS"])
    }

    @Test func `numbers out of range are mistakes`() {
        let mistakes = read([
            "RATE_LIMIT_REQUESTS": "1000001", "RATE_LIMIT_WINDOW_SECONDS": "0", "RATE_LIMIT_BURST": "0",
            "TRUSTED_PROXIES": "10.0.0.1/8",
        ]).1
        #expect(
            mistakes.map { $0.prefix { $0 != " " } } == [
                "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW_SECONDS", "RATE_LIMIT_BURST", "TRUSTED_PROXIES",
            ])
    }
}
