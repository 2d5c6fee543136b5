extension HostileRequest {
    /// Chunked bodies, each with another request behind it: served where the body is well formed and no chance to hide it.
    static let chunks: [HostileRequest] = [
        chunked("a chunk and its end", "5⏎hello⏎0⏎⏎", .served([405]), isCanaryHidden: false),
        chunked("no chunk but the last", "0⏎⏎", .served([405]), isCanaryHidden: false),
        chunked(
            "a size in capitals with zeros before it", "0000000A⏎helloworld⏎000⏎⏎", .served([405]),
            isCanaryHidden: false),
        chunked("chunk extensions", "5;a=b;c=\"d\"⏎hello⏎0;e⏎⏎", .served([405]), isCanaryHidden: false),
        chunked("a trailer", "0⏎X: y⏎⏎", .served([405]), isCanaryHidden: false),
        chunked("a trailer that is a length", "0⏎Content-Length: 50⏎⏎", malformed),
        chunked(
            "a trailer that is an encoding", "0⏎Transfer-Encoding: chunked⏎⏎", malformed),
        chunked("a bare LF after the size", "5\nhello⏎0⏎⏎", malformed),
        chunked("a bare LF after the data", "5⏎hello\n0⏎⏎", malformed),
        chunked("a bare LF after an extension", "5;\nhello⏎0⏎⏎", malformed),
        chunked("a bare LF after the last size", "0\n⏎", malformed),
        chunked("a bare LF as the end", "0⏎\n", malformed),
        chunked("a bare CR in an extension", "5;a\rb⏎hello⏎0⏎⏎", malformed),
        chunked("an extension without a name", "5;⏎hello⏎0⏎⏎", malformed),
        chunked("an extension that is no token", "5;a{b⏎hello⏎0⏎⏎", malformed),
        chunked("an extension without a value", "5;a=⏎hello⏎0⏎⏎", malformed),
        chunked("an extension whose quotes do not end", "5;a=\"b⏎hello⏎0⏎⏎", malformed),
        chunked("a folded trailer", "0⏎X: y⏎ z⏎⏎", malformed),
        chunked("a size that is no number", "zz⏎hello⏎0⏎⏎", malformed),
        chunked("a size with a prefix", "0x5⏎hello⏎0⏎⏎", malformed),
        chunked("a negative size", "-5⏎hello⏎0⏎⏎", malformed),
        chunked("a size with a plus", "+5⏎hello⏎0⏎⏎", malformed),
        chunked("a blank before the size", " 5⏎hello⏎0⏎⏎", malformed),
        chunked("a blank after the size", "5 ⏎hello⏎0⏎⏎", malformed),
        chunked("a tabulator after the size", "5\t⏎hello⏎0⏎⏎", malformed),
        chunked("no size", "⏎hello⏎0⏎⏎", malformed),
        chunked("an extension without a size", ";a=b⏎hello⏎0⏎⏎", malformed),
        chunked("a NUL in the size", "5⟦00⟧⏎hello⏎0⏎⏎", malformed),
        chunked("more data than the size says", "5⏎hello!⏎0⏎⏎", malformed),
        chunked("less data than the size says", "7⏎hello⏎0⏎⏎", malformed),
        chunked("a bare CR after the data", "5⏎hello\r0⏎⏎", malformed),
        chunked("a bare CR after the size", "5\rhello⏎0⏎⏎", malformed),
        chunked("a size of 2^64", "10000000000000000⏎hello⏎0⏎⏎", .refused(413, "body-too-large")),
        chunked("a size of 2^64 - 1", "ffffffffffffffff⏎hello⏎0⏎⏎", .refused(413, "body-too-large")),
        chunked(
            "a size of thirty digits", String(repeating: "f", count: 30) + "⏎hello⏎0⏎⏎", .refused(413, "body-too-large")
        ),
        chunked("a trailer without a colon", "0⏎X⏎⏎", malformed),
        chunked("a size of 40 KiB of zeros", String(repeating: "0", count: 40960) + "5⏎hello⏎0⏎⏎", malformed),
        chunked("a body that ends before its end", "5⏎hel", .dropped, isCanaryHidden: false),
        chunked("a body without its last chunk", "5⏎hello⏎", .dropped, isCanaryHidden: false),
    ]

    private static func chunked(
        _ name: String, _ body: String, _ answer: Answer, isCanaryHidden: Bool = true
    ) -> HostileRequest {
        HostileRequest(
            "chunked: \(name)",
            "POST /health HTTP/1.1⏎Host: x⏎Transfer-Encoding: chunked⏎⏎\(body)" + (isCanaryHidden ? canary : ""),
            answer)
    }
}
