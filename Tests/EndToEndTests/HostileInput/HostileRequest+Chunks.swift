extension HostileRequest {
    /// Chunked bodies, each with another request hidden behind it.
    ///
    /// libmicrohttpd 0.9.75 takes a bare LF for the end of a chunk's line. Such a body is read in one way by us and may
    /// be read in another by a proxy, so a chunked request is the last on its connection: what hides behind it is lost.
    static let chunks: [HostileRequest] = [
        chunked("a chunk and its end", "5⏎hello⏎0⏎⏎", .servedLast(405)),
        chunked("no chunk but the last", "0⏎⏎", .servedLast(405)),
        chunked("a size in capitals with zeros before it", "0000000A⏎helloworld⏎000⏎⏎", .servedLast(405)),
        chunked("chunk extensions", "5;a=b;c=\"d\"⏎hello⏎0;e⏎⏎", .servedLast(405)),
        chunked("a trailer", "0⏎X: y⏎⏎", .servedLast(405)),
        chunked("a trailer that is a length", "0⏎Content-Length: 50⏎⏎", .servedLast(405)),
        chunked("a trailer that is an encoding", "0⏎Transfer-Encoding: chunked⏎⏎", .servedLast(405)),
        chunked("a bare LF after the size", "5\nhello⏎0⏎⏎", .servedLast(405)),
        chunked("a bare LF after the data", "5⏎hello\n0⏎⏎", .servedLast(405)),
        chunked("a bare LF after an extension", "5;\nhello⏎0⏎⏎", .servedLast(405)),
        chunked("a bare LF after the last size", "0\n⏎", .servedLast(405)),
        chunked("a bare LF as the end", "0⏎\n", .servedLast(405)),
        chunked("a bare CR in an extension", "5;a\rb⏎hello⏎0⏎⏎", .servedLast(405)),
        chunked("a folded trailer", "0⏎X: y⏎ z⏎⏎", .servedLast(405)),
        chunked("a size that is no number", "zz⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a size with a prefix", "0x5⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a negative size", "-5⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a size with a plus", "+5⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a blank before the size", " 5⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a blank after the size", "5 ⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a tabulator after the size", "5\t⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("no size", "⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("an extension without a size", ";a=b⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a NUL in the size", "5⟦00⟧⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("more data than the size says", "5⏎hello!⏎0⏎⏎", .dropped([400])),
        chunked("less data than the size says", "7⏎hello⏎0⏎⏎", .dropped([400])),
        chunked("a bare CR after the data", "5⏎hello\r0⏎⏎", .dropped([400])),
        chunked("a bare CR after the size", "5\rhello⏎0⏎⏎", .dropped([400])),
        chunked("a size of 2^64", "10000000000000000⏎hello⏎0⏎⏎", .dropped([413])),
        chunked("a size of 2^64 - 1", "ffffffffffffffff⏎hello⏎0⏎⏎", .dropped([])),
        chunked("a size of thirty digits", String(repeating: "f", count: 30) + "⏎hello⏎0⏎⏎", .dropped([413])),
        chunked("a trailer without a colon", "0⏎X⏎⏎", .dropped([400])),
        chunked("a size of 40 KiB of zeros", String(repeating: "0", count: 40960) + "5⏎hello⏎0⏎⏎", .dropped([500])),
        chunked("a body that ends before its end", "5⏎hel", .dropped([]), isCanaryHidden: false),
        chunked("a body without its last chunk", "5⏎hello⏎", .dropped([]), isCanaryHidden: false),
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
