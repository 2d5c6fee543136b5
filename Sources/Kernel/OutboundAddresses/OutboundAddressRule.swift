/// Which addresses may be connected to on behalf of somebody who chose the URL: public ones, and those that the operator allows.
///
/// It is judged where a connection is made (`AddressGuard`), of the very address that is connected to, so that a name whose address
/// changes between a check and its use gains nothing.
package struct OutboundAddressRule: Sendable, Equatable {
    /// Networks that may be reached although they are not public, over HTTP without TLS, too: for local runs.
    package let allowed: [IPNetwork]

    /// Public addresses only, unless networks are given.
    package init(allowed: [IPNetwork] = []) { self.allowed = allowed }

    /// Whether any address at all may be reached without TLS.
    package var permitsUnencrypted: Bool { !allowed.isEmpty }

    /// - Parameter isEncrypted: whether the other side must prove its name by a certificate. What need not is permitted within the
    ///   allowed networks only.
    package func permits(_ address: IPAddress, isEncrypted: Bool) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        return isEncrypted && PublicAddresses.contains(address)
    }
}
