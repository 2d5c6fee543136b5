private import CCurl
private import OutboundAddresses

/// The server that takes this product's mail, and how it is spoken to. No description or dump of it shows the password.
package struct MailServer: Sendable, CustomStringConvertible, CustomReflectable {
    enum Encryption {
        /// TLS begins with the connection (`smtps`).
        case fromTheStart
        /// STARTTLS, without which nothing is sent (`smtp`).
        case required
        /// STARTTLS if it is offered (`smtp` to this machine).
        case ifOffered
    }

    /// Scheme, host and port, and after a slash the name by which this client greets, if one was given.
    let url: String
    let user: String?
    let password: String?
    var encryption: Encryption

    /// Reads `smtp://host[:port]` or `smtps://host[:port]`, perhaps with `user:password@`, percent-encoded where needed, and with a path
    /// that is the name by which this client greets. The port is 25 or 465 if none is given.
    ///
    /// By `smtp` nothing is sent before STARTTLS has encrypted the connection, except to this machine itself (`localhost`, 127.0.0.0/8,
    /// `::1`).
    ///
    /// - Returns: nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        func part(_ what: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, what, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK, let scheme = part(CURLUPART_SCHEME),
            ["smtp", "smtps"].contains(scheme), let host = part(CURLUPART_HOST), !host.isEmpty,
            part(CURLUPART_QUERY) == nil, part(CURLUPART_FRAGMENT) == nil
        else { return nil }
        user = part(CURLUPART_USER, CURLU_URLDECODE)
        password = part(CURLUPART_PASSWORD, CURLU_URLDECODE)
        guard (user == nil) == (password == nil), user?.isEmpty != true, password?.isEmpty != true,
            !MailSyntax.hasControlCharacter((user ?? "") + (password ?? ""))
        else { return nil }
        let greeting = part(CURLUPART_PATH).map { $0.dropFirst() } ?? ""
        guard greeting.isEmpty || MailSyntax.isDomain(greeting.utf8) else { return nil }
        self.url = "\(scheme)://\(host)\(part(CURLUPART_PORT).map { ":" + $0 } ?? "")/\(greeting)"
        if scheme == "smtps" {
            encryption = .fromTheStart
        } else {
            encryption = MailServer.isThisMachine(host) ? .ifOffered : .required
        }
    }

    /// Without the user and the password.
    package var description: String { url }

    package var customMirror: Mirror { Mirror(self, children: ["url": url]) }

    private static func isThisMachine(_ host: String) -> Bool {
        let bare = host.first == "[" ? String(host.dropFirst().dropLast()) : host
        guard let address = IPAddress(bare) else { return host == "localhost" }
        return ["127.0.0.0/8", "::1"].contains { IPNetwork($0)?.contains(address) == true }
    }
}
