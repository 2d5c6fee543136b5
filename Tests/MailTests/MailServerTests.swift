import BlockingTesting
import Settings
import Testing

@testable import Mail

@Suite(.blocking) struct MailServerTests {
    @Test func `a URL names the server, the login and the greeting`() throws {
        let server = try #require(MailServer("smtp://orders:p%40ss%3Aw%C3%B6rd%2F@mail.example.com:587/client.example"))
        #expect(server.url == "smtp://mail.example.com:587/client.example")
        #expect(server.user == "orders")
        #expect(server.password == "p@ss:wörd/")
        #expect(server.encryption == .required)
    }

    @Test(arguments: [
        ("smtps://mail.example.com", MailServer.Encryption.fromTheStart), ("smtp://mail.example.com", .required),
        ("smtp://10.0.0.1:25", .required), ("smtp://localhost:1025", .ifOffered), ("smtp://127.0.0.2:1025", .ifOffered),
        ("smtp://[::1]:1025", .ifOffered), ("smtp://localhost.example.com", .required),
        ("smtp://[2001:db8::1]", .required),
        ("smtps://localhost", .fromTheStart),
    ])
    func `only this machine is spoken to without encryption`(url: String, encryption: MailServer.Encryption) {
        #expect(MailServer(url)?.encryption == encryption)
    }

    @Test(arguments: [
        "", "mail.example.com", "http://mail.example.com", "imap://mail.example.com", "smtp://",
        "smtp://user@mail.example.com",
        "smtp://user:@mail.example.com", "smtp://:password@mail.example.com", "smtp://a:b%0D%0A@mail.example.com",
        "smtp://mail.example.com/a b", "smtp://mail.example.com/a/b", "smtp://mail.example.com/?x",
        "smtp://mail.example.com/#x",
        "smtp://mail.example.com:99999",
    ])
    func `other texts are no server`(url: String) {
        #expect(MailServer(url) == nil)
    }

    @Test func `no description shows the password`() throws {
        let server = try #require(MailServer("smtp://orders:secret@mail.example.com"))
        var dumped = ""
        dump(server, to: &dumped)
        for text in ["\(server)", String(reflecting: server), dumped] { #expect(!text.contains("secret"), "\(text)") }
    }

    @Test func `settings are read, and mistakes named without the secret`() throws {
        var reader = EnvironmentReader([
            "SMTP_URL": "smtp://orders:secret@mail.example.com", "MAIL_FROM": "orders@example.com",
        ])
        #expect(reader.mailServer("SMTP_URL", "Where mail goes.") != nil)
        #expect(reader.mailAddress("MAIL_FROM", "Whose it is.")?.description == "orders@example.com")
        try reader.finish()
        reader = EnvironmentReader(["SMTP_URL": "smtp://orders:secret@", "MAIL_FROM": "orders"])
        #expect(reader.mailServer("SMTP_URL", "Where mail goes.") == nil)
        #expect(reader.mailAddress("MAIL_FROM", "Whose it is.") == nil)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.mistakes.count == 2)
        #expect(error?.description.contains("secret") == false)
    }
}
