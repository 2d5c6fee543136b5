/// A request, whole: the body is bounded by the server that read it or built by the client that sends it.
package struct Request: Sendable {
    package var method: Method
    /// The path and query as they stand in the request line, still percent-encoded.
    package var target: String
    package var headers: HeaderFields
    package var body: [UInt8]

    package init(_ method: Method, _ target: String, headers: HeaderFields = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The target up to the first `?`.
    package var path: Substring { target.prefix { $0 != "?" } }

    /// What follows the first `?`; nil where there is none.
    package var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }
}
