import HTTPMessages
import JSON

/// Which web pages may call the service from a browser (the CORS protocol of the Fetch standard). None, by default.
package struct CrossOriginPolicy: Sendable {
    private let origins: Set<TextKey>

    /// - Parameter origins: as browsers write them, `https://shop.example`; `*` is not a member of the contract, because
    ///   the calls carry credentials.
    package init(origins: [String]) { self.origins = Set(origins.map { TextKey($0) }) }

    /// The answer to a preflight from an allowed origin, to be decorated as any other; nil for every other request.
    func preflight(_ request: Request, allowed methods: [Method]) -> Response? {
        guard request.method == .options, allowedOrigin(request) != nil,
            request.headers["Access-Control-Request-Method"] != nil
        else { return nil }
        return Response(
            .noContent,
            headers: [
                "Access-Control-Allow-Methods": methods.map(\.rawValue).joined(separator: ", "),
                "Access-Control-Allow-Headers":
                    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Idempotency-Key, "
                    + "X-Correlation-Id, X-Request-Timeout-Ms, traceparent",
                "Access-Control-Max-Age": "600",
            ])
    }

    /// Adds what lets an allowed page read the response.
    func decorate(_ response: inout Response, for request: Request) {
        guard !origins.isEmpty else { return }
        response.headers.append("Vary", "Origin")
        guard let origin = allowedOrigin(request) else { return }
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] =
            "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Correlation-Id, "
            + "traceparent"
    }

    private func allowedOrigin(_ request: Request) -> String? {
        request.headers["Origin"].flatMap { isListed($0) ? $0 : nil }
    }

    /// Whether pages of this origin may call.
    func isListed(_ origin: String) -> Bool { origins.contains(TextKey(origin)) }
}
