import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import CustomersAPI

/// Mail by a real server.
@Suite(.blocking) struct RegistrationMailTests {
    @Test func `the mail has a link to the service's public address, and names nobody`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(
            mail.settings.merging(["PUBLIC_URL": "https://shop.example/base/"]) { $1 })
        #expect(harness.register("Ana@customer.example", name: "Buy now at evil.example").status == 202)
        #expect(try harness.accounts.mail.sendNext())
        #expect(try !harness.accounts.mail.sendNext())
        let message = try mail.read()
        #expect(message.recipient == "Ana@customer.example")
        #expect(message.json["sender"]?.string == "hello@shop.example")
        #expect(message.subject == "Confirm your registration")
        #expect(message.text.contains("https://shop.example/base/api/v1/auth/confirm?token="))
        #expect(message.messageID?.hasSuffix(".registration@shop.example>") == true)
        #expect(!message.text.contains("evil"))
        let target = try #require(message.target)
        #expect(harness.client.get(target).status == 200)
        #expect(harness.client.post(target).status == 200)
        #expect(harness.login("ana@customer.example").status == 200)
    }

    @Test func `whoever has an account is written that there is one, and gets no link`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        _ = harness.register("ana@customer.example", language: "es")
        _ = try harness.accounts.mail.sendNext()
        let first = try mail.read()
        #expect(first.subject == "Confirma tu registro" && first.text.contains("Si no fuiste tú"))
        let target = try #require(first.target)
        #expect(harness.client.get(target).description.contains("Confirmar"))
        #expect(harness.client.post(target).description.contains("Tu cuenta está lista"))
        _ = harness.register("ana@customer.example")
        _ = harness.register("ana@customer.example", language: "es")
        while try harness.accounts.mail.sendNext() {}
        let (second, third) = (try mail.read(), try mail.read())
        #expect(second.subject == "You already have an account" && third.subject == "Ya tienes una cuenta")
        for message in [second, third] { #expect(message.target == nil && !message.text.contains("http")) }
        #expect(try harness.count("SELECT COUNT(*) FROM registrations WHERE token_digest IS NOT NULL") == 0)
    }

    @Test func `a mail that is not taken is sent again with the same link, and a refused one is not`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        _ = harness.register("greylisted-once@customer.example")
        _ = harness.register("unknown@customer.example")
        while try harness.accounts.mail.sendNext() {}
        #expect(try harness.count("SELECT COUNT(*) FROM registrations WHERE send_at IS NOT NULL") == 1)
        try harness.database.change("UPDATE registrations SET send_at = send_at - INTERVAL 9 SECOND")
        #expect(try !harness.accounts.mail.sendNext(), "It waits for 10 s.")
        try harness.database.change("UPDATE registrations SET send_at = send_at - INTERVAL 1 SECOND")
        #expect(try harness.accounts.mail.sendNext())
        let message = try mail.read()
        #expect(message.recipient == "greylisted-once@customer.example")
        #expect(harness.client.post(try #require(message.target)).status == 200)
    }

    /// The server takes the message, and says nothing.
    @Test func `a mail of which nobody knows whether it was taken is sent again, and both links are one`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        _ = harness.register("hang-once@customer.example")
        // The process is told to stop while it waits.
        let stop = StopToken { true }
        #expect(try harness.accounts.mail.sendNext(stop))
        try harness.database.change("UPDATE registrations SET send_at = UTC_TIMESTAMP(6)")
        #expect(try harness.accounts.mail.sendNext())
        let (first, second) = (try mail.read(), try mail.read())
        #expect(first.messageID == second.messageID && first.target == second.target && first.target != nil)
    }

    @Test func `a server that is away is asked 6 times, and the registration ends`() throws {
        let harness = try AccountHarness(["SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "hello@shop.example"])
        #expect(harness.register("ana@customer.example").status == 202)
        for attempt in 1...6 {
            #expect(try harness.accounts.mail.sendNext())
            let count = try harness.count("SELECT COUNT(*) FROM registrations WHERE send_at > UTC_TIMESTAMP(6)")
            #expect(count == (attempt < 6 ? 1 : 0))
            try harness.database.change("UPDATE registrations SET send_at = UTC_TIMESTAMP(6) WHERE send_at IS NOT NULL")
        }
        #expect(try !harness.accounts.mail.sendNext())
    }

    @Test func `two instances send each mail once`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        for number in 1...6 { _ = harness.register("ana\(number)@customer.example") }
        _ = try inParallel(3) { _ in
            while (try? harness.accounts.mail.sendNext()) == true {}
        }
        #expect(try Set((1...6).map { _ in try mail.read().recipient }).count == 6)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations WHERE send_at IS NOT NULL") == 0)
        #expect(try harness.count("SELECT MAX(attempts) FROM registrations") == 1)
    }
}
