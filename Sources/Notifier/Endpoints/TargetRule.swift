import OutboundAddresses

/// Which URLs an endpoint may have.
struct TargetRule {
    let addresses: OutboundAddressRule

    /// The URL in one form for all spellings of the same.
    ///
    /// An address that stands in it is judged already; that of a name is judged at each connection.
    func normalized(_ url: String) throws(TargetRefusal) -> String {
        do throws(WebhookURLError) {
            let text = try WebhookURL(url, rule: addresses).description
            // A path that was left out makes it longer.
            guard text.utf8.count <= WebhookURL.byteCountMax else { throw .tooLong }
            return text
        } catch {
            throw TargetRefusal(error)
        }
    }
}

/// Why an endpoint cannot have a URL.
struct TargetRefusal: Error {
    /// As in a violation of the contract.
    let code: String
    let detail: String

    init(_ error: WebhookURLError) {
        detail = "It \(error.message)."
        code =
            switch error {
            case .tooLong: "length"
            case .address: "address-not-allowed"
            case .characters, .malformed, .scheme, .credentials, .fragment, .host, .port: "format"
            }
    }
}
