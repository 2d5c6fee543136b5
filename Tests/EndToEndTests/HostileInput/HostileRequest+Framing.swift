extension HostileRequest {
    /// Requests whose length can be read in two ways, each with another request hidden behind it.
    static let lengths: [HostileRequest] = [
        post("a length and an encoding", "Content-Length: 6⏎Transfer-Encoding: chunked", "0⏎⏎", malformed),
        post("an encoding and a length", "Transfer-Encoding: chunked⏎Content-Length: 6", "0⏎⏎", malformed),
        post("two lengths", "Content-Length: 4⏎Content-Length: 0", "abcd", malformed),
        post("the same length twice", "Content-Length: 4⏎Content-Length: 4", "abcd", malformed),
        post("a list of lengths", "Content-Length: 4, 4", "abcd", malformed),
        post("a negative length", "Content-Length: -4", "", malformed),
        post("a length with a plus", "Content-Length: +4", "abcd", malformed),
        post("a hexadecimal length", "Content-Length: 0x4", "abcd", malformed),
        post("a length in two parts", "Content-Length: 4 4", "abcd", malformed),
        post("a length with an exponent", "Content-Length: 4e0", "abcd", malformed),
        post("a length with a fraction", "Content-Length: 4.0", "abcd", malformed),
        post("a length in Arabic digits", "Content-Length: ٤", "abcd", malformed),
        post("an empty length", "Content-Length:⏎X: y", "", malformed),
        post("a length of blanks", "Content-Length:  ", "", malformed),
        post("a length of 2^63", "Content-Length: 9223372036854775808", "", .refused(413, "body-too-large")),
        post("a length of 2^64", "Content-Length: 18446744073709551616", "", .refused(413, "body-too-large")),
        post("a length of 2^64 and 4", "Content-Length: 18446744073709551620", "abcd", .refused(413, "body-too-large")),
        post("a length with zeros before it", "Content-Length: 0004", "abcd", .served([405]), isCanaryHidden: false),
        post(
            "another field that looks like an encoding", "Transfer_Encoding: chunked⏎Content-Length: 4", "abcd",
            .served([405]), isCanaryHidden: false),
        HostileRequest(
            "a hidden request as a body", "POST /health HTTP/1.1⏎Host: x⏎Content-Length: 38⏎⏎" + canary,
            .served([405])),
        HostileRequest(
            "a hidden request as the body of a GET",
            "GET /health HTTP/1.1⏎Host: x⏎Content-Length: 38⏎⏎"
                + canary, .served([415])),
    ]

    static let encodings: [HostileRequest] =
        [
            "chunked, identity", "identity, chunked", "gzip, chunked", "chunked, chunked", "xchunked", "chunkedx",
            "\"chunked\"", "chunked;q=1", "chunked,", ", chunked", "identity", "chunk", "⟦efbbbf⟧chunked", "chunked ",
            "chunked\t", "",
        ].map { value in
            post("the encoding \(value)", "Transfer-Encoding: \(value)", "0⏎⏎", .refused(501, "not-implemented"))
        } + [
            post("two encodings", "Transfer-Encoding: chunked⏎Transfer-Encoding: identity", "0⏎⏎", malformed),
            post("the same encoding twice", "Transfer-Encoding: chunked⏎Transfer-Encoding: chunked", "0⏎⏎", malformed),
            post("a blank before the colon", "Transfer-Encoding : chunked", "0⏎⏎", malformed),
            post("a tabulator before the colon", "Transfer-Encoding\t: chunked", "0⏎⏎", malformed),
            post("a blank before the name", "X: y⏎ Transfer-Encoding: chunked", "0⏎⏎", malformed),
            post("a value on the next line", "Transfer-Encoding:⏎ chunked", "0⏎⏎", malformed),
            post(
                "a value on the next line after a length", "Content-Length: 0⏎Transfer-Encoding:⏎\tchunked", "0⏎⏎",
                malformed),
            post("a name after a bare LF", "X: y\nTransfer-Encoding: chunked", "0⏎⏎", malformed),
            post("a name after a bare CR", "X: y\rTransfer-Encoding: chunked", "0⏎⏎", malformed),
            post("a name after a NUL", "X: y⏎⟦00⟧Transfer-Encoding: chunked", "0⏎⏎", malformed),
            post("a value before a NUL", "Transfer-Encoding: chunked⟦00⟧", "0⏎⏎", malformed),
            post("a value after a vertical tabulator", "Transfer-Encoding: ⟦0b⟧chunked", "0⏎⏎", malformed),
            HostileRequest(
                "an encoding in HTTP/1.0",
                "POST /health HTTP/1.0⏎Host: x⏎Transfer-Encoding: chunked⏎⏎0⏎⏎" + canary, malformed),
        ]

    /// A POST that nothing answers but 405, with the canary behind it.
    ///
    /// - Parameter isCanaryHidden: false where the request is whole and what follows is a request of its own.
    private static func post(
        _ name: String, _ fields: String, _ body: String, _ answer: Answer, isCanaryHidden: Bool = true
    ) -> HostileRequest {
        HostileRequest(
            name, "POST /health HTTP/1.1⏎Host: x⏎\(fields)⏎⏎\(body)" + (isCanaryHidden ? canary : ""), answer)
    }
}
