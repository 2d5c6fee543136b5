internal import OutboundAddresses

/// How a `CurlHandle` treats URLs that somebody else chose.
struct OutboundHandling: Sendable {
    let rule: OutboundAddressRule
    /// How much of a reply's body is read, of which `replyBytesMax` is kept. A longer one is cut there, and is no error.
    let replyBytesReadMax: Int
}
