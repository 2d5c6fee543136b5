import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import Digests
import JSON
import OutboundAddresses
import PythonPrograms
import ScriptedServer
import Testing

@testable import Mail

/// Against aiosmtpd, and against servers that no program would be.
@Suite(.blocking) struct MailTransportTests {
    private static let spanish = """
        Hola, señor Muñoz:

        Su pedido n.º 17 está confirmado. Importe: 1.234,50 €.
        .
        ..dos puntos
        .uno
        \(String(repeating: "año ", count: 500))
        Saludos =20 \t
        """

    @Test func `a message in Spanish arrives as it was written`() throws {
        try withMailServer { server, port in
            let subject = "Pedido n.º 17 confirmado: ¡gracias por su compra, señor Muñoz Peña de la Peña! 😀"
            try MailTransport("smtp://127.0.0.1:\(port)/client.example").send(
                message(subject: subject, text: Self.spanish), by: .after(milliseconds: 10_000))
            let mail = try server.readMail()
            #expect(mail.header("subject") == subject)
            #expect(mail.text == Self.spanish + "\n")
            #expect(mail.header("from") == "orders@example.com" || mail.header("from") == "<orders@example.com>")
            #expect(mail.header("to")?.contains("taken@example.com") == true)
            #expect(mail.header("message-id") == "<17.3@orders.example>")
            #expect(mail.header("date") == "Sun, 29 Nov 2026 20:17:03 +0000")
            #expect(mail.json["sender"]?.string == "orders@example.com")
            #expect(mail.json["recipients"]?.array?.compactMap(\.string) == ["taken@example.com"])
            #expect(mail.json["greeting"]?.string == "client.example")
            #expect(mail.json["is_encrypted"]?.bool == false)
            #expect(mail.json["defects"]?.array?.isEmpty == true)
        }
    }

    @Test(arguments: ["", ".", ".\n", "\n.\n", "..", ".\n.\n.\nQUIT\n", "a\n.\nMAIL FROM:<x@y>\n", "\n\n\n"])
    func `no text ends the message before its end`(text: String) throws {
        try withMailServer { server, port in
            let sent = try message(text: text)
            try MailTransport("smtp://127.0.0.1:\(port)").send(sent, by: .after(milliseconds: 10_000))
            let mail = try server.readMail()
            #expect(Base64.decode(try #require(mail.raw)) == sent.bytes)
        }
    }

    @Test func `the largest message arrives, and the same one again is the same`() throws {
        try withMailServer { server, port in
            let sent = try message(text: String(repeating: "ñandú\n", count: 8000))
            let transport = try MailTransport("smtp://127.0.0.1:\(port)")
            for _ in 0..<2 {
                try transport.send(sent, by: .after(milliseconds: 10_000))
                #expect(Base64.decode(try #require(try server.readMail().raw)) == sent.bytes)
            }
        }
    }

    @Test func `STARTTLS and the login come before the message`() throws {
        let certificates = try TestCertificates(for: "IP:127.0.0.1")
        try withMailServer(arguments: [certificates.certificatePath, certificates.keyPath]) { server, port in
            func transport(_ login: String, _ authority: String) throws -> MailTransport {
                try MailTransport("smtp://\(login)127.0.0.1:\(port)") { $0.caBundlePath = authority }
            }
            let login = "orders:p%40ss%3Aw%C3%B6rd%2F@"
            try transport(login, certificates.authorityPath).send(message(), by: .after(milliseconds: 10_000))
            let mail = try server.readMail()
            #expect(mail.json["is_encrypted"]?.bool == true)
            #expect(mail.json["is_authenticated"]?.bool == true)
            let untrusted = try transport(login, certificates.otherAuthorityPath).failure(message())
            #expect(untrusted?.isLaterWithoutReply == true, "\(String(describing: untrusted))")
            let wrong = try transport("orders:wrong@", certificates.authorityPath).failure(message())
            guard case .later(code: 535, _) = wrong else {
                Issue.record("\(String(describing: wrong))")
                return
            }
            // Whoever must log in is refused at MAIL, which says nothing of the message.
            let stranger = try transport("", certificates.authorityPath).failure(message())
            guard case .later(code: 530, _) = stranger else {
                Issue.record("\(String(describing: stranger))")
                return
            }
        }
    }

    @Test func `smtps is TLS from the start`() throws {
        let certificates = try TestCertificates(for: "IP:127.0.0.1")
        try withMailServer(arguments: [certificates.certificatePath, certificates.keyPath, "smtps"]) { server, port in
            try MailTransport("smtps://127.0.0.1:\(port)") { $0.caBundlePath = certificates.authorityPath }
                .send(message(), by: .after(milliseconds: 10_000))
            #expect(try server.readMail().header("subject") == "Order 17")
            for (scheme, authority) in [
                ("smtps", certificates.otherAuthorityPath), ("smtp", certificates.authorityPath),
            ] {
                let error = try MailTransport("\(scheme)://127.0.0.1:\(port)") { $0.caBundlePath = authority }
                    .failure(message(), milliseconds: 1000)
                #expect(error?.isLaterWithoutReply == true, "\(String(describing: error))")
            }
        }
    }

    @Test(arguments: ["smtps", "smtp"])
    func `no mail and no password goes to a server whose certificate cannot be trusted`(_ scheme: String) throws {
        let certificates = try TestCertificates(for: "DNS:localhost")
        for (certificate, host) in [
            (certificates.expiredCertificatePath, "localhost"), (certificates.selfSignedCertificatePath, "localhost"),
            (certificates.certificatePath, "127.0.0.1"),
        ] {
            let arguments = [certificate, certificates.keyPath] + (scheme == "smtps" ? ["smtps"] : [])
            try withMailServer(arguments: arguments) { server, port in
                let error = try MailTransport("\(scheme)://orders:secret@\(host):\(port)") {
                    $0.caBundlePath = certificates.authorityPath
                }.failure(message())
                guard case .later(code: nil, let text) = error, text.contains("certificate") else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func `to another machine nothing is sent without STARTTLS`() throws {
        try withMailServer { _, port in
            var server = try #require(MailServer("smtp://127.0.0.1:\(port)"))
            server.encryption = .required
            let error = MailTransport(server: server).failure(try message())
            guard case .later = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [
        ("unknown", MailError.refused(code: 550, text: "5.1.1 No such user here")),
        ("refused", .refused(code: 554, text: "5.6.0 Not this content")),
        ("greylisted", .later(code: 450, text: "4.2.0 Greylisted, come back in five minutes")),
        ("later", .later(code: 451, text: "4.3.0 Disk full")),
        ("closing", .later(code: 421, text: "4.3.2 Shutting down")),
    ])
    func `a refusal is for good by 5xx, and for now by 4xx`(local: String, expected: MailError) throws {
        try withMailServer { _, port in
            let error = try MailTransport("smtp://127.0.0.1:\(port)").failure(message(to: local))
            #expect(error == expected)
        }
    }

    @Test func `a server that closes after the message leaves the outcome unknown`() throws {
        try withMailServer { _, port in
            let error = try MailTransport("smtp://127.0.0.1:\(port)").failure(message(to: "close"))
            #expect(error?.isUnknown == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: ["hang", "drip"])
    func `a server that does not answer the message leaves it unknown at the deadline`(local: String) throws {
        try withMailServer { _, port in
            let transport = try MailTransport("smtp://127.0.0.1:\(port)")
            let start = Deadline.nowUptimeNanoseconds()
            let error = transport.failure(try message(to: local), milliseconds: 1500)
            let elapsed = (Deadline.nowUptimeNanoseconds() - start) / 1_000_000
            #expect(error == .unknown(text: "the time was up"))
            #expect(1400..<3700 ~= elapsed, "\(elapsed) ms")
        }
    }

    @Test func `a server that is not there, or whose name is not, is asked later`() throws {
        let server = try ScriptedServer { _ in }
        server.stop()
        for host in ["127.0.0.1:\(server.port)", "no-such-host.invalid:25"] {
            let error = try MailTransport("smtp://\(host)").failure(message())
            #expect(error?.isLaterWithoutReply == true, "\(String(describing: error))")
        }
    }

    @Test func `an address that may not be reached is not connected to`() throws {
        let server = try ScriptedServer { _ in }
        defer { server.stop() }
        let transport = try MailTransport("smtp://localhost:\(server.port)") { $0.rule = OutboundAddressRule() }
        let error = transport.failure(try message())
        #expect(error == .addressRefused("127.0.0.1") || error == .addressRefused("::1"))
        #expect(server.acceptedCount == 0)
    }

    @Test(arguments: [
        ("554 No service here\r\n", MailError.later(code: 554, text: "No service here")),
        ("421 Too busy\r\n", .later(code: 421, text: "Too busy")),
        ("554-Go\u{1B}[31m\r\n554 away\r\n", .later(code: 554, text: "Go [31m away")),
    ])
    func `a greeting that refuses says nothing of the message`(greeting: String, expected: MailError) throws {
        let server = try ScriptedServer { connection in
            connection.write(greeting)
            connection.waitForEnd()
        }
        defer { server.stop() }
        #expect(try MailTransport("smtp://127.0.0.1:\(server.port)").failure(message()) == expected)
    }

    @Test(arguments: ["", "220-wait\r\n", "220 x", "not SMTP\r\n", "\0\0\0\r\n"])
    func `a server that never comes to the point ends at the deadline`(line: String) throws {
        let server = try ScriptedServer { connection in
            while !line.isEmpty, connection.write(line) { Thread.sleep(milliseconds: 5) }
            connection.waitForEnd()
        }
        defer { server.stop() }
        let start = Deadline.nowUptimeNanoseconds()
        let error = try MailTransport("smtp://127.0.0.1:\(server.port)").failure(message(), milliseconds: 600)
        let elapsed = (Deadline.nowUptimeNanoseconds() - start) / 1_000_000
        #expect(error?.isLaterWithoutReply == true, "\(String(describing: error))")
        #expect(elapsed < 2700, "\(elapsed) ms")
    }

    @Test func `a server that took the message and then does not say goodbye has taken it`() throws {
        let server = try ScriptedServer { connection in
            connection.write("220 mail.test\r\n")
            // Each command has its reply at once, since none waits for another's content; the last is the end of the message.
            for reply in ["250 mail.test", "250 OK", "250 OK", "354 Go on", "250 Queued"] {
                guard connection.readLine() != nil else { return }
                if reply == "250 Queued" { while let line = connection.readLine(), line != "." {} }
                connection.write(reply + "\r\n")
            }
            connection.waitForEnd()
        }
        defer { server.stop() }
        let start = Deadline.nowUptimeNanoseconds()
        try MailTransport("smtp://127.0.0.1:\(server.port)").send(message(), by: .after(milliseconds: 10_000))
        #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 3000)
    }

    @Test func `a message that is not answered ends when it is told to stop, and may have been taken`() throws {
        try withMailServer { _, port in
            let isStopping = Lock(false)
            let transport = try MailTransport("smtp://127.0.0.1:\(port)") {
                $0.stop = StopToken { isStopping.withLock { $0 } }
            }
            let stopper = Thread.start {
                Thread.sleep(milliseconds: 500)
                isStopping.withLock { $0 = true }
            }
            let start = Deadline.nowUptimeNanoseconds()
            let error = transport.failure(try message(to: "hang"), milliseconds: 20_000)
            stopper?.join()
            #expect(error == .unknown(text: "it was stopped"))
            #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 5000)
        }
    }

    @Test func `nothing is sent once the deadline has passed`() throws {
        let server = try ScriptedServer { _ in }
        defer { server.stop() }
        let error = try MailTransport("smtp://127.0.0.1:\(server.port)").failure(message(), milliseconds: 0)
        #expect(error?.isLaterWithoutReply == true)
        #expect(server.acceptedCount == 0)
    }
}
