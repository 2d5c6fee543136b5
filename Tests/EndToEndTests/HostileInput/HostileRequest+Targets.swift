extension HostileRequest {
    static let targets: [HostileRequest] = [
        target("http://x/health", .served([200])),
        target("HTTPS://other.example/health", .served([200])),
        target("http:///health/live", malformed),
        target("http://user@x/health/live", malformed),
        target("ftp://x/health/live", malformed),
        target("x:443", malformed),
        target("health/live", malformed),
        target("*", malformed),
        target("?/health/live", malformed),
        target("\\health\\live", malformed),
        target("/health#/live", malformed),
        target("/health/live#x", malformed),
        target("//health/live", .served([404])),
        target("/health//live", .served([404])),
        target("/health/live/", .served([404])),
        target("/health/./live", .served([404])),
        target("/x/../health/live", .served([404])),
        target("/x/%2e%2e/health/live", .served([404])),
        target("/health%2flive", .served([404])),
        target("/health%2Flive", .served([404])),
        target("/health%5clive", .served([404])),
        target("/health\\live", .served([404])),
        target("/health/live%00", .served([404])),
        target("/health/live%20", .served([404])),
        target("/health/live;a=b", .served([404])),
        target("/health/live.json", .served([404])),
        target("/HEALTH/LIVE", .served([404])),
        target("/health/l%c0%afive", .served([404])),
        target("/health%c0%aflive", .served([404])),
        target("/health/%e0%80%afive", .served([404])),
        target("/health/live%ff", .served([404])),
        target("/health/live%", .served([404])),
        target("/health/live%zz", .served([404])),
        target("/health/live%u002f", .served([404])),
        target("/health/live⟦c0af⟧", malformed),
        target("/health/live⟦ff⟧", malformed),
        target("/health/live⟦c3a9⟧", .served([404])),
        target("/health/live⟦01⟧", malformed),
        target("/health/live⟦7f⟧", malformed),
        target("/%68ealth", .served([404])),
        target("/health?a=%00&b=%ff&c=⟦c3a9⟧", .served([200])),
        target("/health?" + String(repeating: "&", count: 90), .served([200])),
        target("/health?" + String(repeating: "a&", count: 200), .refused(414, "uri-too-long")),
        target("/health/" + String(repeating: "a", count: 8000), .refused(414, "uri-too-long")),
        target("/health/" + String(repeating: "%2e%2e/", count: 1000), .served([404])),
        HostileRequest("CONNECT", "CONNECT x:443 HTTP/1.1⏎Host: x⏎⏎" + canary, malformed),
        HostileRequest("OPTIONS *", "OPTIONS * HTTP/1.1⏎Host: x⏎⏎", .served([404])),
    ]

    static let limits: [HostileRequest] = [
        HostileRequest(
            "a target of 64 KiB", "GET /\(letters(65536)) HTTP/1.1⏎Host: x⏎⏎", .refused(414, "uri-too-long")),
        HostileRequest(
            "a method of 20 KiB", "\(letters(20480)) /health HTTP/1.1⏎Host: x⏎⏎", .refused(414, "uri-too-long")),
        HostileRequest(
            "a field of 20 KiB", "GET /health HTTP/1.1⏎Host: x⏎X: \(letters(20480))⏎⏎",
            .refused(431, "headers-too-large")),
        HostileRequest(
            "a field of a megabyte", "GET /health HTTP/1.1⏎Host: x⏎X: \(letters(1 << 20))⏎⏎",
            .refused(431, "headers-too-large")),
        HostileRequest(
            "a name of a megabyte", "GET /health HTTP/1.1⏎Host: x⏎\(letters(1 << 20)): x⏎⏎",
            .refused(431, "headers-too-large")),
        HostileRequest("a line without an end", letters(1 << 20), .refused(414, "uri-too-long")),
        HostileRequest(
            "101 fields", "GET /health HTTP/1.1⏎Host: x⏎" + String(repeating: "X: y⏎", count: 100) + "⏎" + canary,
            .refused(431, "headers-too-large")),
        HostileRequest(
            "10,000 fields", "GET /health HTTP/1.1⏎Host: x⏎" + String(repeating: "X: y⏎", count: 10_000) + "⏎",
            .refused(431, "headers-too-large")),
        HostileRequest(
            "a body of a megabyte and a byte",
            "POST /health HTTP/1.1⏎Host: x⏎Content-Length: 1048577⏎⏎" + letters((1 << 20) + 1), .served([413])),
        HostileRequest(
            "a body that is too large and waits to be asked for",
            "POST /health HTTP/1.1⏎Host: x⏎Expect: 100-continue⏎Content-Length: 1048577⏎⏎" + canary,
            .refused(413, "body-too-large")),
        HostileRequest(
            "a body that ends before its end", "POST /health HTTP/1.1⏎Host: x⏎Content-Length: 100⏎⏎abc", .dropped),
        HostileRequest(
            "20 requests at once", String(repeating: "GET /health HTTP/1.1⏎Host: x⏎⏎", count: 20),
            .served(Array(repeating: 200, count: 20))),
        HostileRequest(
            "a malformed request among good ones",
            "GET /health HTTP/1.1⏎Host: x⏎⏎GET /health HTTP/1.1⏎Host: x⏎X : y⏎⏎" + canary, .served([200, 400])),
        HostileRequest(
            "a request after one that closes",
            "GET /health HTTP/1.1⏎Host: x⏎Connection: close⏎⏎" + canary, .servedLast(200)),
    ]

    private static func target(_ target: String, _ answer: Answer) -> HostileRequest {
        let isWhole = if case .served = answer { true } else { false }
        return HostileRequest(
            "target: \(target.prefix(40))", "GET \(target) HTTP/1.1⏎Host: x⏎⏎" + (isWhole ? "" : canary), answer)
    }

    private static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
}
