import BlockingTesting
import CurlHTTPClient
import DatabaseTesting
import HTTPMessages
import OutboundAddresses
import PythonPrograms
import ScriptedServer
import Testing

/// Where an `OutboundTransport` connects to, and where it does not.
@Suite(.blocking) struct OutboundAddressTests {
    /// As a database might hold them that was filled under another rule.
    @Test(arguments: [
        ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"), ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"), ("127.1", "127.0.0.1"), ("0", "0.0.0.0"), ("[::]", "::"), ("[::1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"), ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1"),
        ("[2002:7f00:1::]", "2002:7f00:1::"), ("169.254.169.254", "169.254.169.254"),
        ("[fd00:ec2::254]", "fd00:ec2::254"), ("[fe80::1]", "fe80::1"), ("10.0.0.1", "10.0.0.1"),
        ("192.168.0.1", "192.168.0.1"), ("172.16.0.1", "172.16.0.1"), ("100.64.0.1", "100.64.0.1"),
        ("168.63.129.16", "168.63.129.16"), ("255.255.255.255", "255.255.255.255"),
    ])
    func `no connection is made to an address that is not public`(host: String, address: String) throws {
        let url = try WebhookURL("https://\(host):8443/", rule: .everything)
        #expect(OutboundTransport(rule: OutboundAddressRule()).failure(to: url) == .addressRefused(address))
    }

    @Test func `a name that leads to this machine is refused before anything is sent`() throws {
        try withServer { _ in
        } _: { server in
            let url = try WebhookURL("https://localhost:\(server.port)/", rule: OutboundAddressRule())
            let error = OutboundTransport(rule: OutboundAddressRule()).failure(to: url)
            #expect(error == .addressRefused("127.0.0.1") || error == .addressRefused("::1"))
            #expect(error?.mayHaveBeenSent == false)
            #expect(server.acceptedCount == 0)
        }
    }

    @Test func `the same name is reached where its network is allowed, without TLS too`() throws {
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
        } _: { server in
            let url = try WebhookURL("http://localhost:\(server.port)/", rule: .loopback)
            #expect(try OutboundTransport(rule: .loopback).post(to: url).status == .ok)
        }
    }

    @Test func `without TLS nothing but the allowed networks is reached`() throws {
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
        } _: { server in
            let url = try server.webhookURL()
            let transport = OutboundTransport(rule: try .allowing("10.0.0.0/8"))
            #expect(transport.failure(to: url) == .addressRefused("127.0.0.1"))
            // Where no network is allowed, the scheme itself is not.
            let error = OutboundTransport(rule: OutboundAddressRule()).failure(to: url)
            #expect(error?.isNotSent == true, "\(String(describing: error))")
            #expect(server.acceptedCount == 0)
            let publicURL = try WebhookURL("http://8.8.8.8:8080/", rule: .everything)
            #expect(OutboundTransport(rule: try .loopback).failure(to: publicURL) == .addressRefused("8.8.8.8"))
        }
    }

    @Test func `a redirect is a reply, and is not followed`() throws {
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
        } _: { target in
            try withServer { connection in
                while connection.readRequest() != nil {
                    connection.reply("307 Temporary Redirect", headers: ["Location: \(target.url)/"])
                }
            } _: { server in
                let response = try OutboundTransport(rule: .loopback).post(to: server.webhookURL())
                #expect(response.status.code == 307)
                #expect(target.acceptedCount == 0)
            }
        }
    }

    @Test func `a certificate that no trusted authority signed is refused, and one that did is not`() throws {
        let certificates = try TestCertificates(for: "IP:127.0.0.1")
        let server = try PythonProgram(
            "https-server.py", arguments: [certificates.certificatePath, certificates.keyPath])
        defer { server.end() }
        let port = try server.readLine()
        let url = try WebhookURL("https://127.0.0.1:\(port)/secret", rule: .loopback)
        for transport in [
            OutboundTransport(rule: try .loopback), OutboundTransport(try .loopback) { $0.caDirectoryPath = "/" },
            OutboundTransport(try .loopback) { $0.caBundlePath = certificates.otherAuthorityPath },
            // A file that is named stands alone.
            OutboundTransport(try .loopback) {
                $0.caBundlePath = certificates.otherAuthorityPath
                $0.caDirectoryPath = certificates.authorityDirectoryPath
            },
        ] {
            let error = transport.failure(to: url)
            #expect(error?.isNotSent == true, "\(String(describing: error))")
        }
        let trusting = OutboundTransport(try .loopback) { $0.caBundlePath = certificates.authorityPath }
        #expect(try trusting.post(to: url).status == .noContent)
        #expect(try server.readLine() == "/secret")
        let byDirectory = OutboundTransport(try .loopback) {
            $0.caBundlePath = nil
            $0.caDirectoryPath = certificates.authorityDirectoryPath
        }
        #expect(try byDirectory.post(to: url).status == .noContent)
        let otherName = try WebhookURL("https://localhost:\(port)/", rule: .loopback)
        let error = trusting.failure(to: otherName)
        #expect(error?.isNotSent == true, "\(String(describing: error))")
    }
}
