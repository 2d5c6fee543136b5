package import Settings

extension EnvironmentReader {
    /// The URL of a mail server, which is a secret since it may hold a password; nil if there is none, or after a mistake.
    package mutating func mailServer(_ name: String, _ purpose: String) -> MailServer? {
        guard let text = secret(name, purpose) else { return nil }
        let server = MailServer(text)
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
