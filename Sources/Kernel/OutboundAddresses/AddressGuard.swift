private import CCurl
private import Glibc

/// Judges each address that a libcurl handle is about to connect to, before there is a socket.
///
/// For one handle and one thread at a time. libcurl holds an unretained pointer to it: whoever owns the handle must keep it as long.
package final class AddressGuard {
    private let rule: OutboundAddressRule
    private var isEncrypted = true
    private var firstRefused: IPAddress?
    private var hasPermitted = false

    package init(rule: OutboundAddressRule) { self.rule = rule }

    /// - Parameter handle: libcurl's `CURL *`.
    /// - Returns: false when libcurl refuses the option.
    package func install(on handle: UnsafeMutableRawPointer) -> Bool {
        ccurl_set_open_socket(handle, openPermittedSocket, Unmanaged.passUnretained(self).toOpaque()) == CURLE_OK
    }

    /// Before each transfer.
    ///
    /// - Parameter isEncrypted: as in `OutboundAddressRule.permits`.
    package func begin(isEncrypted: Bool) {
        self.isEncrypted = isEncrypted
        firstRefused = nil
        hasPermitted = false
    }

    /// The address for which the transfer failed: the first that was refused, if none was permitted.
    package var refused: IPAddress? { hasPermitted ? nil : firstRefused }

    fileprivate func permits(_ address: IPAddress) -> Bool {
        if rule.permits(address, isEncrypted: isEncrypted) {
            hasPermitted = true
            return true
        }
        if firstRefused == nil { firstRefused = address }
        return false
    }
}

/// libcurl tries a name's next address after a refusal.
private func openPermittedSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ target: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let target, let address = ccurl_socket_address(target) else { return -1 }
    let addressGuard = Unmanaged<AddressGuard>.fromOpaque(context).takeUnretainedValue()
    guard let judged = IPAddress(address, byteCount: Int(target.pointee.addrlen)), addressGuard.permits(judged) else {
        return -1
    }
    return socket(
        target.pointee.family, target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), target.pointee.protocol)
}
