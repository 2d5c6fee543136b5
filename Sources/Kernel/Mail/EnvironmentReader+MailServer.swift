package import Settings

/// Who takes the mail of a service, and from whom it comes.
package struct MailSettings: Sendable {
    package let server: MailServer
    package let from: MailAddress
}

extension EnvironmentReader {
    /// `SMTP_URL` and `MAIL_FROM`, each of which needs the other; nil without them, or after a mistake.
    ///
    /// - Parameters:
    ///   - withoutServer: what holds where they are not set, as a sentence.
    ///   - domainBytesMax: of the sender's domain, which `Message-ID` has too.
    package mutating func mail(withoutServer: String, domainBytesMax: Int) -> MailSettings? {
        let isServerSet = isSet("SMTP_URL") || isSet("SMTP_URL_FILE")
        let isFromSet = isSet("MAIL_FROM")
        let server = mailServer(
            "SMTP_URL",
            "The server that takes mail, as smtp://user:password@mail.example.com:587; smtps for TLS from the start. "
                + withoutServer)
        let from = mailAddress("MAIL_FROM", "The address that mail comes from.")
        guard isServerSet == isFromSet else {
            reject(isServerSet ? "MAIL_FROM" : "SMTP_URL", "must be set where the other is")
            return nil
        }
        guard let server, let from else { return nil }
        guard from.domain.utf8.count <= domainBytesMax else {
            reject("MAIL_FROM", "must have a domain of at most \(domainBytesMax) characters")
            return nil
        }
        return MailSettings(server: server, from: from)
    }

    /// The URL of a mail server, which is a secret since it may hold a password; nil if there is none, or after a mistake.
    package mutating func mailServer(_ name: String, _ purpose: String) -> MailServer? {
        guard let text = secret(name, purpose) else { return nil }
        let server = MailServer(text.revealed)
        if server == nil { reject(name, "must be a URL such as smtp://user:password@mail.example.com:587") }
        return server
    }

    /// An address of mail; nil if there is none, or after a mistake.
    package mutating func mailAddress(_ name: String, _ purpose: String) -> MailAddress? {
        guard let text = optionalText(name, purpose) else { return nil }
        let address = MailAddress(text)
        if address == nil { reject(name, "must be an address such as orders@example.com") }
        return address
    }
}
