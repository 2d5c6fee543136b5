import AMQP
import BlockingTesting
import DatabaseTesting
import PythonPrograms
import RabbitTesting
import Testing

extension BrokerTests {
    @Suite(.blocking) struct EncryptedBrokerTests {
        private let server: RabbitServer

        init() throws { server = try RabbitServer.shared.get() }

        @Test func `a broker whose certificate is vouched for is published to`() throws {
            let running = RunningPublisher(try configuration(authority: server.authorityPath))
            for _ in 1...3 { #expect(running.publish(window(1...64, bytes: 1024)) == nil) }
        }

        @Test func `a broker whose certificate nobody vouches for is not spoken to`() throws {
            let running = RunningPublisher(try configuration(authority: server.otherAuthorityPath))
            expectUntrusted(running)
        }

        @Test func `a certificate of another host is not trusted`() throws {
            let running = RunningPublisher(try configuration(host: "127.0.0.1", authority: server.authorityPath))
            expectUntrusted(running)
        }

        @Test func `an expired and a self-signed certificate are not trusted`() throws {
            let certificates = try TestCertificates(for: "DNS:localhost")
            for certificate in [certificates.expiredCertificatePath, certificates.selfSignedCertificatePath] {
                // The broker's certificate is judged before anything is said, so that any server with TLS will do.
                let impostor = try PythonProgram("https-server.py", arguments: [certificate, certificates.keyPath])
                defer { impostor.end() }
                let port = try #require(Int(try impostor.readLine()))
                expectUntrusted(RunningPublisher(try configuration(port: port, authority: certificates.authorityPath)))
            }
        }

        @Test func `no authorities, or a file that holds none, trust nobody`() throws {
            expectUntrusted(RunningPublisher(try configuration(authority: nil)))
            expectUntrusted(RunningPublisher(try configuration(authority: "/dev/null")))
        }

        @Test func `a port without TLS is no broker with TLS`() throws {
            let running = RunningPublisher(
                try configuration(port: server.port, authority: server.authorityPath))
            #expect(running.publish(window(1...1), withinMilliseconds: 1000)?.isNothing == true)
        }

        private func expectUntrusted(_ running: RunningPublisher) {
            guard case .nothingAccepted(.untrusted) = running.publish(window(1...1), withinMilliseconds: 10_000) else {
                Issue.record("trusted, or another failure: \(running.events.all)")
                return
            }
        }

        private func configuration(
            host: String = "localhost", port: Int? = nil, authority: String?
        ) throws -> AMQPConfiguration {
            let url = try #require(AMQPURL("amqps://guest:guest@\(host):\(port ?? server.tlsPort)"))
            return AMQPConfiguration(url: url, certificateAuthorityPath: authority, connectionName: "tests")
        }
    }
}
