import BlockingTesting
import Concurrency
import CurlHTTPClient
import DatabaseTesting
import HTTPMessages
import OutboundAddresses
import PythonPrograms
import Settings
import Testing

/// Whom calls by https trust, and what they show of themselves.
@Suite(.blocking) struct EncryptedServerTests {
    private let certificates: TestCertificates

    init() throws { certificates = try TestCertificates(for: "DNS:localhost") }

    /// What keeps a server from being trusted.
    enum Flaw: CaseIterable, Sendable {
        case otherAuthority, otherHost, expired, selfSigned
    }

    private func transport(_ settings: [String: String]) throws -> CurlTransport {
        var reader = EnvironmentReader(settings)
        let tls = ServiceTLS(&reader)
        try reader.finish()
        return CurlTransport(configuration: CurlTransportConfiguration(tls))
    }

    private func withServer(
        _ certificate: String, asking authority: String? = nil, _ body: (_ port: String, PythonProgram) throws -> Void
    ) throws {
        let server = try PythonProgram(
            "https-server.py",
            arguments: [certificate, certificates.keyPath] + (authority.map { [$0] } ?? []))
        defer { server.end() }
        try body(try server.readLine(), server)
    }

    @Test(arguments: Flaw.allCases)
    func `nothing is sent to a server that cannot be trusted`(_ flaw: Flaw) throws {
        let certificate =
            switch flaw {
            case .expired: certificates.expiredCertificatePath
            case .selfSigned: certificates.selfSignedCertificatePath
            case .otherAuthority, .otherHost: certificates.certificatePath
            }
        let authority = flaw == .otherAuthority ? certificates.otherAuthorityPath : certificates.authorityPath
        try withServer(certificate) { port, _ in
            let url = "https://\(flaw == .otherHost ? "127.0.0.1" : "localhost"):\(port)"
            let service = try transport(["TLS_CA_FILE": authority])
            let webhook = OutboundTransport(try .loopback) { $0.caBundlePath = authority }
            let errors = [
                service.failure(Request(.get, "/"), to: try #require(Origin(url))),
                webhook.failure(to: try WebhookURL(url + "/hook", rule: .loopback)),
            ]
            for error in errors {
                guard case .notSent(let reason) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(reason.contains("certificate"), "\(reason)")
            }
        }
    }

    @Test func `a server that asks who calls is shown this service's certificate`() throws {
        let own = [
            "TLS_CA_FILE": certificates.authorityPath,
            "TLS_CLIENT_CERTIFICATE_FILE": certificates.callerCertificatePath,
            "TLS_CLIENT_KEY_FILE": certificates.callerKeyPath,
        ]
        try withServer(certificates.certificatePath, asking: certificates.authorityPath) { port, server in
            let origin = try #require(Origin("https://localhost:\(port)"))
            let reply = try transport(own).send(Request(.get, "/own"), to: origin, by: .after(milliseconds: 10_000))
            #expect(reply.status == .noContent)
            #expect(try server.readLine() == "/own")
            let strangers: [[String: String]] = [
                ["TLS_CLIENT_CERTIFICATE_FILE": "", "TLS_CLIENT_KEY_FILE": ""],
                [
                    "TLS_CLIENT_CERTIFICATE_FILE": certificates.selfSignedCertificatePath,
                    "TLS_CLIENT_KEY_FILE": certificates.keyPath,
                ],
                // A key that is not the certificate's.
                ["TLS_CLIENT_KEY_FILE": certificates.keyPath],
            ]
            for stranger in strangers {
                _ = try transport(own.merging(stranger) { $1 }).failure(Request(.get, "/stranger"), to: origin)
            }
            #expect(
                try transport(own).send(Request(.get, "/end"), to: origin, by: .after(milliseconds: 10_000)).status
                    == .noContent)
            #expect(try server.readLine() == "/end", "No stranger was served.")
        }
    }

    @Test func `a certificate without its key, and files that cannot be read, are mistakes`() throws {
        for (settings, mistake) in [
            (["TLS_CLIENT_CERTIFICATE_FILE": certificates.certificatePath], "TLS_CLIENT_KEY_FILE must be set, too"),
            (["TLS_CLIENT_KEY_FILE": certificates.keyPath], "TLS_CLIENT_CERTIFICATE_FILE must be set, too"),
            (["TLS_CA_FILE": "/nowhere.pem"], "TLS_CA_FILE names a file that cannot be read: /nowhere.pem"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try transport(settings) }
            #expect(error?.mistakes.count == 1)
            #expect(error?.mistakes.first?.hasPrefix(mistake) == true, "\(String(describing: error))")
        }
    }
}
