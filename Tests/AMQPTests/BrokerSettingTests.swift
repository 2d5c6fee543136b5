import AMQP
import BlockingTesting
import RepositoryFiles
import Settings
import Testing

@Suite(.blocking) struct BrokerSettingTests {
    private let readable = RepositoryFile("README.md").path

    @Test func `no URL means no broker`() throws {
        var reader = EnvironmentReader([:])
        let broker = reader.broker(connectionName: "tests")
        #expect(broker == nil)
        try reader.finish()
    }

    @Test func `a URL with TLS needs its authorities`() throws {
        var reader = EnvironmentReader(["AMQP_URL": "amqps://u:p@host", "AMQP_CA_FILE": readable])
        let broker = reader.broker(connectionName: "tests")
        #expect(broker?.certificateAuthorityPath == readable)
        try reader.finish()
        #expect(
            mistakes(["AMQP_URL": "amqps://u:p@host"]) == [
                "AMQP_CA_FILE must name the authorities, since AMQP_URL is amqps://."
            ])
    }

    @Test(arguments: [
        (["AMQP_URL": "amqps://u:p@127.0.0.1"], "AMQP_URL"), (["AMQP_URL": "amqps://u:p@[::1]"], "AMQP_URL"),
        (["AMQP_URL": "amqp://u:p@host"], "AMQP_CA_FILE"), ([:], "AMQP_CA_FILE"),
    ])
    func `what does not go together is refused`(settings: [String: String], culprit: String) {
        let found = mistakes(settings.merging(["AMQP_CA_FILE": readable]) { given, _ in given })
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(culprit) == true)
    }

    @Test func `a mistake does not repeat the password`() {
        let found = mistakes(["AMQP_URL": "amqp://u:hunter2@host/a/b"])
        #expect(found.count == 1)
        #expect(!found.joined().contains("hunter2"))
    }

    private func mistakes(_ settings: [String: String]) -> [String] {
        var reader = EnvironmentReader(settings)
        _ = reader.broker(connectionName: "tests")
        do throws(ConfigurationError) { try reader.finish() } catch { return error.mistakes }
        return []
    }
}
