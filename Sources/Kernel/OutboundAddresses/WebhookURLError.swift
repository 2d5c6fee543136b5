/// What is wrong with a URL that messages are to be sent to.
package enum WebhookURLError: Error, Equatable {
    /// It has more than `WebhookURL.byteCountMax` bytes.
    case tooLong
    /// It has a byte that no URL has: a blank, a control character, a backslash, something beyond ASCII.
    case characters
    case malformed
    /// Neither `https`, nor `http` where that is allowed.
    case scheme(OutboundAddressRule)
    /// It has a user's name or a password.
    case credentials
    /// It has a `#`.
    case fragment
    /// There is none, or it is neither a name nor an address.
    case host
    /// It is neither 443 nor at least 1024.
    case port
    /// The host is an address that may not be reached.
    case address(IPAddress)

    /// What it should be, to follow the name of a member: a sentence's end without a full stop.
    package var message: String {
        switch self {
        case .tooLong: "must have at most \(WebhookURL.byteCountMax) bytes"
        case .characters:
            "must have only visible ASCII characters that a URL allows; others are percent-encoded, and names in Punycode"
        case .malformed: "must be a URL"
        case .scheme(let rule):
            rule.permitsUnencrypted ? "must begin with https:// or http://" : "must begin with https://"
        case .credentials: "must not have a user's name or a password"
        case .fragment: "must not have a fragment"
        case .host: "must have the name or the address of a host"
        case .port: "must have the port 443, or one from 1024 to 65535"
        case .address(let address): "must lead to a public address, which \(address) is not"
        }
    }
}
