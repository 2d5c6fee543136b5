package import Foundation
import FreePorts
import RepositoryFiles

/// `scripts/run` as a user starts it, on the executables of this test run: in a checkout of its own, whose path has in it
/// what a path may have.
package final class StartScript: Sendable {
    /// The checkout.
    package let folder: URL
    package let ports: [RunningSystem.Service: Int]
    /// Where it shows webhooks.
    package let webhookPort: Int
    private let parent: URL
    private let environment: [String: String]

    /// - Parameter name: of the checkout's folder; not one that Swift could build in, unless told otherwise.
    package init(folder name: String = #"it's a "quoted": $HOME * \n folder"#) throws {
        let files = FileManager.default
        parent = files.temporaryDirectory.appendingPathComponent("start-\(UUID().uuidString)")
        folder = parent.appendingPathComponent(name)
        let temporary = parent.appendingPathComponent("a: b")
        for folder in [folder, temporary] { try files.createDirectory(at: folder, withIntermediateDirectories: true) }
        try files.copyItem(
            at: URL(fileURLWithPath: RepositoryFile("scripts").path), to: folder.appendingPathComponent("scripts"))
        // What scripts/run would make where it can reach the package of the reference's program.
        let web = parent.appendingPathComponent("web")
        try files.createDirectory(at: web, withIntermediateDirectories: true)
        let pages = try files.contentsOfDirectory(atPath: RepositoryFile("web").path).map { ("web/\($0)", $0) }
        for (source, name) in pages + [("openapi", "openapi")] {
            try files.copyItem(
                at: URL(fileURLWithPath: RepositoryFile(source).path), to: web.appendingPathComponent(name))
        }
        var ports: [RunningSystem.Service: Int] = [:]
        for service in RunningSystem.Service.product + [.paymentSimulator] { ports[service] = try freePort() }
        self.ports = ports
        webhookPort = try freePort()
        let own = ProcessInfo.processInfo.environment
        environment = [
            "PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": own["HOME"] ?? "/", "TMPDIR": temporary.path,
            "PRODUCTS_DIRECTORY": ServiceProcess.productsDirectory.path,
            "SERVICE_TOKEN": RunningSystem.serviceToken,
            // Left to themselves, two that start at once would choose the same.
            "DB_PORT": String(try freePort()),
            "CUSTOMERS_PORT": String(ports[.customers, default: 0]),
            "ORDERS_PORT": String(ports[.orders, default: 0]),
            "ORCHESTRATOR_PORT": String(ports[.orchestrator, default: 0]),
            "NOTIFIER_PORT": String(ports[.notifier, default: 0]), "WEBHOOK_PORT": String(webhookPort),
            "PAYMENT_SIMULATOR_PORT": String(ports[.paymentSimulator, default: 0]),
            "JWT_SECRET": RunningSystem.jwtSecret, "WEB_DIRECTORY": web.path,
        ]
    }

    /// Where it keeps its data, unless told otherwise.
    package var runDirectory: URL { folder.appendingPathComponent(".local") }

    /// Starts it.
    ///
    /// - Parameter settings: variables beyond the ports and the service token; an empty one takes one of those away.
    package func start(_ arguments: [String] = [], settings: [String: String] = [:]) throws -> ServiceProcess {
        try ServiceProcess(
            "scripts/run", program: folder.appendingPathComponent("scripts/run"), arguments: arguments,
            environment: environment.merging(settings) { $1 }.filter { !$0.value.isEmpty })
    }

    /// Starts it, and waits for the order that it places.
    package func startAndWait(settings: [String: String] = [:]) throws -> ServiceProcess {
        let process = try start(settings: settings)
        try waitUntil(seconds: 120) { process.text.contains("Ctrl-C stops everything") || !process.isRunning }
        guard process.isRunning else { throw ServiceProcess.Failure(description: process.text) }
        return process
    }

    /// Has the executables where a build of the checkout would have them.
    package func linkProducts() throws {
        let build = folder.appendingPathComponent(".build")
        try FileManager.default.createDirectory(at: build, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: build.appendingPathComponent("release"), withDestinationURL: ServiceProcess.productsDirectory)
    }

    /// A client of one of the services that it started.
    package func client(_ service: RunningSystem.Service) throws -> ServiceClient {
        try RunningSystem.client(service, port: ports[service, default: 0])
    }

    package func write(dotEnv text: String) throws {
        try text.write(to: folder.appendingPathComponent(".env"), atomically: false, encoding: .utf8)
    }

    package func write(_ text: String, to path: String, isProgram: Bool = false) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
        if isProgram {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
    }

    package func remove() { try? FileManager.default.removeItem(at: parent) }
}
