package import AMQP
private import Concurrency
private import DatabaseTesting
private import FreePorts
private import Glibc
private import WatchedProcesses

/// A RabbitMQ server in a folder and on ports of its own.
///
/// It ends, and its folder goes, with the last reference to it or with the process, even when that is killed.
package final class RabbitServer: Sendable {
    /// The broker of this process, started by the first test that asks and gone when the process ends: a start takes seconds.
    /// Whoever stops it or disturbs it puts it right again, and has no other test of it run meanwhile.
    package static let shared = Result<RabbitServer, any Error> { try RabbitServer() }

    package let port: Int
    package let tlsPort: Int
    /// Who vouches for `localhost`, on the port with TLS.
    package let authorityPath: String
    /// Who vouches for nobody.
    package let otherAuthorityPath: String
    private let folder: RabbitFolder
    private let process: Lock<WatchedProcess?>

    /// 5 s on a quiet machine.
    private static let startPatienceMilliseconds = 90_000

    /// Starts it and waits until it answers.
    package init() throws {
        let certificates = try TestCertificates(for: "DNS:localhost")
        tlsPort = try freePort()
        folder = try RabbitFolder(copying: [
            certificates.authorityPath, certificates.otherAuthorityPath, certificates.certificatePath,
            certificates.keyPath,
        ])
        authorityPath = folder.copy(of: certificates.authorityPath)
        otherAuthorityPath = folder.copy(of: certificates.otherAuthorityPath)
        try folder.configure([
            "listeners.ssl.1 = 127.0.0.1:\(tlsPort)", "ssl_options.cacertfile = \(authorityPath)",
            "ssl_options.certfile = \(folder.copy(of: certificates.certificatePath))",
            "ssl_options.keyfile = \(folder.copy(of: certificates.keyPath))", "ssl_options.verify = verify_none",
        ])
        port = folder.port
        process = Lock(try WatchedProcess(folder.command))
        try waitUntilReady()
    }

    deinit { end(.killAndRemove) }

    /// A URL of it.
    package func url(user: String = "guest:guest", scheme: String = "amqp", vhost: String = "") -> String {
        "\(scheme)://\(user)@localhost:\(scheme == "amqp" ? port : tlsPort)/\(vhost)"
    }

    /// How a client reaches it; `port` names another that stands before it.
    package func configuration(port: Int? = nil) throws -> AMQPConfiguration {
        guard let url = AMQPURL("amqp://guest:guest@127.0.0.1:\(port ?? self.port)/") else {
            throw RabbitError("No URL.")
        }
        return AMQPConfiguration(url: url, connectionName: "tests")
    }

    /// Shuts it down in order, keeping its data, and waits for its end.
    package func stop() { end(.stop) }

    /// Kills it, keeping its data, and waits for its end.
    package func kill9() { end(.kill) }

    /// Starts it again with its data and on the same ports, and waits until it answers.
    package func start() throws {
        let started = try WatchedProcess(folder.command)
        process.withLock { $0 = started }
        try waitUntilReady()
    }

    /// Lets it do nothing, until `resume`: it keeps its connections, and its port takes new ones.
    package func pause() throws { try signal(SIGSTOP) }

    package func resume() throws { try signal(SIGCONT) }

    /// Has the operator's program do something: `control("set_vm_memory_high_watermark", "0")`. It takes about a second.
    package func control(_ arguments: String...) throws {
        var status: Int32 = 0
        guard let process = WatchedProcess.spawn(folder.controlCommand(arguments), standardInput: nil),
            waitpid(process, &status, 0) == process, status == 0
        else { throw RabbitError("rabbitmqctl \(arguments) failed: \(folder.controlLog)") }
    }

    private func signal(_ number: Int32) throws {
        guard let group = folder.group, kill(-group, number) == 0 else {
            throw RabbitError("The broker's process is not to be found.")
        }
    }

    private func end(_ way: WatchedProcess.End) {
        let running = process.withLock { process in
            defer { process = nil }
            return process
        }
        running?.end(way)
    }

    /// Until it takes and confirms a message.
    private func waitUntilReady() throws {
        let publisher = AMQPPublisher(
            try configuration(), exchange: "ready", reconnectPauseMillisecondsMax: 100)
        guard publisher.start() else { throw RabbitError("No thread.") }
        defer { publisher.requestStop() }
        var window = PublishWindow()
        _ = window.append(
            AMQPMessage(routingKey: "ready", messageID: "1", type: "ready", contentType: "text/plain", body: []))
        do throws(AMQPPublishError) {
            try publisher.publish(window, by: .after(milliseconds: RabbitServer.startPatienceMilliseconds))
        } catch {
            throw RabbitError("The broker does not start: \(error). Its log ends with:\n\(folder.log)")
        }
    }
}
