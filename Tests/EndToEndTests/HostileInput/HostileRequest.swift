/// Bytes that no well-behaved client sends, and what must come back.
struct HostileRequest: Sendable {
    enum Answer: Sendable, Equatable {
        /// A problem of this status and code; then the connection closes.
        case refused(Int, String)
        /// Nothing: the connection closes.
        case dropped
        /// Whatever is served has these statuses, in this order, and nothing else follows.
        case served([Int])
        /// As `served`, and the connection closes: what follows is not read as a request.
        case servedLast(Int)
    }

    let name: String
    let bytes: [UInt8]
    let answer: Answer
    /// Whether a byte more follows now and then, for ever.
    let isEndless: Bool

    /// - Parameter text: `⏎` stands for CRLF, `⟦c0af⟧` for bytes in hexadecimal digits.
    init(_ name: String, _ text: String, _ answer: Answer, isEndless: Bool = false) {
        self.name = name
        self.answer = answer
        self.isEndless = isEndless
        var bytes: [UInt8] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "⏎": bytes += [13, 10]
            case "⟦":
                let digits = rest.prefix { $0 != "⟧" }
                rest = rest.dropFirst(digits.count + 1)
                bytes += HostileRequest.bytes(digits)
            default: bytes += Array(String(character).utf8)
            }
        }
        self.bytes = bytes
    }

    private static func bytes(_ digits: Substring) -> [UInt8] {
        let values = digits.compactMap { $0.hexDigitValue.map(UInt8.init) }
        precondition(values.count == digits.count && values.count.isMultiple(of: 2), "hexadecimal digits: \(digits)")
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}

extension HostileRequest {
    /// A request that must never be served: nobody else asks for it, so the service's own count of it tells.
    static let canary = "GET /health/live HTTP/1.1⏎Host: x⏎⏎"

    /// Clients that would hold their connection for ever.
    static let endless = [
        HostileRequest("a slow request line", "GET /", .dropped, isEndless: true),
        HostileRequest("slow fields", "GET /health HTTP/1.1⏎Host: x⏎X: ", .dropped, isEndless: true),
        HostileRequest(
            "a slow body", "POST /health HTTP/1.1⏎Host: x⏎Content-Length: 99⏎⏎", .dropped, isEndless: true),
        HostileRequest(
            "a slow chunk", "POST /health HTTP/1.1⏎Host: x⏎Transfer-Encoding: chunked⏎⏎63⏎", .dropped,
            isEndless: true),
    ]

    static let malformed = Answer.refused(400, "malformed-request")
}
