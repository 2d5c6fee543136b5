/// A request, whole: the body is bounded by the server that read it or built by the client that sends it.
public struct Request: Sendable {
    /// What is to be done.
    public var method: Method
    /// The path and query as they stand in the request line, still percent-encoded.
    public var target: String
    /// The header fields, in order.
    public var headers: HeaderFields
    /// The content, as it came or is to be sent.
    public var body: [UInt8]

    /// A request, without header fields and a body by default.
    public init(_ method: Method, _ target: String, headers: HeaderFields = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The target up to the first `?`.
    public var path: Substring { target.prefix { $0 != "?" } }

    /// The first value of a parameter in the query, decoded; nil where it is absent or malformed.
    public func queryValue(_ name: String) -> String? {
        for parameter in (query ?? "").split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard PercentEncoding.decode(parts[0], plusIsBlank: true) == name else { continue }
            return parts.count > 1 ? PercentEncoding.decode(parts[1], plusIsBlank: true) : ""
        }
        return nil
    }

    /// What follows the first `?`; nil where there is none.
    public var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }
}
