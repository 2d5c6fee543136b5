extension HostileRequest {
    static let requestLines: [HostileRequest] = [
        line("two blanks", "GET  /health HTTP/1.1", malformed),
        line("a tabulator", "GET\t/health HTTP/1.1", malformed),
        line("a blank at the end", "GET /health HTTP/1.1 ", malformed),
        line("a blank in the target", "GET /health/live /health HTTP/1.1", malformed),
        line("a bare CR in the target", "GET /health/live\r/x HTTP/1.1", malformed),
        line("a bare LF in place of the end", "GET /health HTTP/1.1\nX: y", malformed),
        line("a NUL in the method", "G⟦00⟧ET /health HTTP/1.1", malformed),
        line("a NUL in the target", "GET /health⟦00⟧/x HTTP/1.1", malformed),
        line("a NUL in the version", "GET /health HTTP/1.1⟦00⟧", malformed),
        line("a method that is no token", "GE(T /health HTTP/1.1", malformed),
        line("a method of bytes that are no UTF-8", "G⟦ff⟧T /health HTTP/1.1", malformed),
        line("a method in small letters", "get /health HTTP/1.1", .served([405])),
        line("a method nobody knows", "BREW /health HTTP/1.1", .served([405])),
        line("the method TRACE", "TRACE /health HTTP/1.1", .served([405])),
        line("no target", "GET HTTP/1.1", malformed),
        line("no version", "GET /health", malformed),
        line("a version in small letters", "GET /health http/1.1", malformed),
        line("version 1.10", "GET /health HTTP/1.10", malformed),
        line("version 11", "GET /health HTTP/11", malformed),
        line("version 2.0", "GET /health HTTP/2.0", malformed),
        line("version 0.9", "GET /health HTTP/0.9", malformed),
        line("version 1.2", "GET /health HTTP/1.2", .served([200])),
        HostileRequest("HTTP/0.9", "GET /health⏎", malformed),
        HostileRequest("empty lines before the request", "⏎⏎GET /health HTTP/1.1⏎Host: x⏎⏎", .served([200])),
        HostileRequest("empty lines and nothing else", "⏎⏎⏎⏎", .dropped),
        HostileRequest("the preface of HTTP/2", "PRI * HTTP/2.0⏎⏎SM⏎⏎⟦000000040000000000⟧", malformed),
        HostileRequest(
            "the hello of TLS", "⟦160301004b010000470303⟧" + String(repeating: "⟦a5⟧", count: 64) + "⏎⏎",
            malformed),
        HostileRequest("the greeting of SSH", "SSH-2.0-OpenSSH_9.2⏎⏎", malformed),
        HostileRequest(
            "the line of a PROXY protocol", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2⏎GET /health/live HTTP/1.1⏎Host: x⏎⏎",
            malformed),
        HostileRequest("NULs", String(repeating: "⟦00⟧", count: 300) + "⏎⏎", malformed),
        HostileRequest("a line that begins with NUL", "⟦00⟧x⏎GET /health/live HTTP/1.1⏎Host: x⏎⏎", malformed),
        HostileRequest(
            "a line that begins with NUL between requests",
            "GET /health HTTP/1.1⏎Host: x⏎⏎⟦00⟧⏎GET /health/live HTTP/1.1⏎Host: x⏎⏎", .served([200, 400])),
        HostileRequest("a bare LF before the request", "\n" + canary, malformed),
        HostileRequest("a request that ends in its first line", "GET /health", .dropped),
        HostileRequest("a request that ends in a field", "GET /health HTTP/1.1⏎Host: x⏎X: ", .dropped),
        HostileRequest("a request that ends before the empty line", "GET /health HTTP/1.1⏎Host: x⏎", .dropped),
    ]

    static let fields: [HostileRequest] = [
        field("no Host", "X: y", malformed, host: ""),
        field("two Hosts", "Host: y", malformed),
        field("the same Host twice", "Host: x", malformed),
        field("a Host with a blank", "Host: x y", malformed, host: ""),
        field("a Host with a path", "Host: x/health/live", malformed, host: ""),
        field("a Host with a brace", "Host: x{", malformed, host: ""),
        field("a Host with a user", "Host: a@x", malformed, host: ""),
        field("a Host with a NUL", "Host: x⟦00⟧", malformed, host: ""),
        field("a Host that is no ASCII", "Host: ⟦c3a9⟧", malformed, host: ""),
        field("an empty Host", "Host:⏎X: y", .served([200]), host: ""),
        field("no colon", "no colon", malformed),
        field("no name", ": y", malformed),
        field("a blank before the colon", "X : y", malformed),
        field("a name that is no token", "X(y): z", malformed),
        field("a name of bytes that are no UTF-8", "X⟦ff⟧: y", malformed),
        field("a NUL in a name", "X⟦00⟧Y: z", malformed),
        field("a NUL in a value", "X: y⟦00⟧z", malformed),
        field("a NUL that hides a field", "X: y⟦00⟧⏎Content-Length: 38", malformed),
        field("a bare CR in a value", "X: y\rz", malformed),
        field("a bare LF in a value", "X: y\nZ: z", malformed),
        field("a bare LF as the end of the head", "X: y\n\n", malformed),
        field("a bell in a value", "X: ⟦07⟧", malformed),
        field("a DEL in a value", "X: ⟦7f⟧", malformed),
        field("a folded value", "X: y⏎ z", malformed),
        field("a value folded with a tabulator", "X: y⏎\tz", malformed),
        field("a first line that is folded", " X: y", malformed, host: ""),
        field("a value that is no UTF-8", "X: ⟦ff⟧", .served([200])),
        field("a correlation id that is no UTF-8", "X-Correlation-Id: ⟦ff⟧", .served([400])),
        field("a value of UTF-8", "X: ⟦c3a9⟧", .served([200])),
        field(
            "an upgrade to HTTP/2", "Connection: Upgrade, HTTP2-Settings⏎Upgrade: h2c⏎HTTP2-Settings: AAMAAABkAAQAAP__",
            .served([200])),
        field(
            "an upgrade to WebSocket", "Connection: Upgrade⏎Upgrade: websocket⏎Sec-WebSocket-Version: 13",
            .served([200])),
        field("another expectation", "Expect: the-unexpected", .refused(417, "expectation-failed")),
        field("two expectations", "Expect: 100-continue⏎Expect: x", .refused(417, "expectation-failed")),
        field("a path in place of ours", "X-Original-URL: /health/live⏎X-Rewrite-URL: /health/live", .served([200])),
        field("a method in place of ours", "X-HTTP-Method-Override: DELETE", .served([200])),
        HostileRequest(
            "a body that waits to be asked for",
            "POST /health HTTP/1.1⏎Host: x⏎Expect: 100-continue⏎Content-Length: 38⏎⏎" + canary, .served([405])),
        HostileRequest(
            "an expectation in HTTP/1.0",
            "POST /health HTTP/1.0⏎Expect: 100-continue⏎Content-Length: 38⏎⏎" + canary, .servedLast(405)),
        HostileRequest("HTTP/1.0 without a Host", "GET /health HTTP/1.0⏎⏎" + canary, .servedLast(200)),
    ]

    private static func line(_ name: String, _ line: String, _ answer: Answer) -> HostileRequest {
        let isWhole = if case .served = answer { true } else { false }
        return HostileRequest("request line: \(name)", "\(line)⏎Host: x⏎⏎" + (isWhole ? "" : canary), answer)
    }

    private static func field(
        _ name: String, _ field: String, _ answer: Answer, host: String = "Host: x⏎"
    ) -> HostileRequest {
        let isWhole = if case .served = answer { true } else { false }
        return HostileRequest(
            "field: \(name)", "GET /health HTTP/1.1⏎\(host)\(field)⏎⏎" + (isWhole ? "" : canary), answer)
    }
}
