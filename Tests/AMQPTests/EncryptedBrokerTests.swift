import AMQP
import BlockingTesting
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
