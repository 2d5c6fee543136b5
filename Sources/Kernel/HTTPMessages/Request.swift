internal import JSON

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
    public var path: Substring { target[..<(queryMark ?? target.endIndex)] }

    /// The first value of a parameter in the query, decoded; nil where it is absent or malformed.
    public func queryValue(_ name: String) -> String? {
        for parameter in queryParameters {
            guard let found = PercentEncoding.decode(parameter.name, plusIsBlank: true), found.hasSameBytes(as: name)
            else { continue }
            return PercentEncoding.decode(parameter.value, plusIsBlank: true)
        }
        return nil
    }

    /// What follows the first `?`; nil where there is none.
    public var query: Substring? {
        queryMark.map { target[target.utf8.index(after: $0)...] }
    }

    /// The parameters of the query in order, still encoded; the value is empty where there is no `=`.
    package var queryParameters: [(name: Substring, value: Substring)] {
        (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { parameter in
            let parts = parameter.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (Substring(parts[0]), parts.count > 1 ? Substring(parts[1]) : "")
        }
    }

    /// A byte, not a character: a combining mark after it would make another character of it.
    private var queryMark: String.Index? { target.utf8.firstIndex(of: UInt8(ascii: "?")) }
}
