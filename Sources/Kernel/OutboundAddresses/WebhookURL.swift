private import CCurl

/// Where somebody asks for messages to be sent, checked: `https`, a host, a port that is 443 or at least 1024, a path and a query.
///
/// Read by libcurl, which connects there later, so that no other reading of the text can be judged than the one that is used. The query
/// may hold somebody's secret: it is nothing for a log.
package struct WebhookURL: Sendable, Hashable, CustomStringConvertible {
    /// 2,048 bytes: what browsers and proxies take.
    package static let byteCountMax = 2048

    /// False for `http`, which only networks that the operator allows can be reached by.
    package let isEncrypted: Bool
    /// A name in lower case, or an address, one of IPv6 in brackets.
    package let host: String
    package let port: Int
    /// Path and query, as a request's target.
    package let target: String

    /// - Parameter rule: judges an address that stands for the host, in whatever form. This is to tell its writer early; what counts is
    ///   the judgment at each connection.
    /// - Throws: `WebhookURLError`.
    package init(_ text: String, rule: OutboundAddressRule) throws(WebhookURLError) {
        guard text.utf8.count <= WebhookURL.byteCountMax else { throw .tooLong }
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !WebhookURL.refused.contains($0) }) else { throw .characters }
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard let schemeEnd = text.firstRange(of: "://") else { throw .scheme(rule) }
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "https": isEncrypted = true
        case "http" where rule.permitsUnencrypted: isEncrypted = false
        default: throw .scheme(rule)
        }
        let authority = text[schemeEnd.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw .credentials }
        // libcurl would decode a percent sign there, or take it for a zone, and would pass over slashes before a host.
        guard !authority.isEmpty, !authority.contains("%") else { throw .host }
        guard let parts = ParsedURL(text) else { throw .malformed }
        guard let host = WebhookHost(parts.host) else { throw .host }
        self.host = host.text
        port = parts.port ?? (isEncrypted ? 443 : 80)
        guard port == 443 || 1024...65_535 ~= port else { throw .port }
        if let address = host.address, !rule.permits(address, isEncrypted: isEncrypted) { throw .address(address) }
        target = parts.path + (parts.query.map { "?" + $0 } ?? "")
    }

    /// In one form for all spellings of the same: it is read as the same URL again.
    package var description: String {
        let portText = isEncrypted && port == 443 ? "" : ":\(port)"
        return (isEncrypted ? "https://" : "http://") + host + portText + target
    }

    /// What a URL may not hold at all (RFC 3986 section 2); a backslash is a slash to browsers.
    private static let refused = Set("\\\"<>^`{|}".utf8)
}

/// A URL taken apart by libcurl.
private struct ParsedURL {
    let host: String
    let port: Int?
    let path: String
    let query: String?

    init?(_ text: String) {
        guard let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK, let host = Self.part(url, CURLUPART_HOST) else {
            return nil
        }
        self.host = host
        port = Self.part(url, CURLUPART_PORT).flatMap { Int($0) }
        path = Self.part(url, CURLUPART_PATH) ?? "/"
        query = Self.part(url, CURLUPART_QUERY)
    }

    private static func part(_ url: OpaquePointer, _ what: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, what, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
