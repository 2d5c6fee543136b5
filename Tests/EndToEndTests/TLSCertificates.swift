import Foundation
import RawHTTP
import RepositoryFiles
import SystemTesting

/// A folder with what `deploy/tls/make-certificates` makes for services that are called as `localhost`.
final class TLSCertificates: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        // The first certificates are over by now; their authority holds ten times as long, and signs the next ones.
        try make(clock: ShiftedClock.environment("-31d"))
        for service in try FileManager.default.contentsOfDirectory(atPath: folder.path) where service.contains("-api") {
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent(service),
                to: folder.appendingPathComponent("expired-\(service)"))
        }
        try make(clock: [:])
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The settings by which a service trusts the others' proxies, and is known to them.
    func settings(of service: String) -> [String: String] {
        [
            "TLS_CA_FILE": path("authority.pem", of: service),
            "TLS_CLIENT_CERTIFICATE_FILE": path("service.pem", of: service),
            "TLS_CLIENT_KEY_FILE": path("service.key", of: service),
        ]
    }

    private func path(_ name: String, of service: String) -> String {
        folder.appendingPathComponent(service).appendingPathComponent(name).path
    }

    private func make(clock: [String: String]) throws {
        let process = try ServiceProcess(
            "make-certificates",
            program: URL(fileURLWithPath: RepositoryFile("deploy/tls/make-certificates").path),
            arguments: ["--folder", folder.path, "--days", "30", "--name", "localhost"],
            environment: clock.merging(["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]) { $1 })
        guard try process.waitForExit(seconds: 60) == 0 else {
            throw ServiceProcess.Failure(description: "No certificates were made: \(process.text)")
        }
    }
}

/// nginx with `deploy/tls/nginx.conf` as `make-certificates` wrote it for a service, whose ports alone are changed.
final class TLSProxy: Sendable {
    let port: Int
    private let process: ServiceProcess

    /// Starts it and waits until it listens.
    ///
    /// - Parameter service: the name of its folder.
    init(_ certificates: TLSCertificates, _ service: String, port: Int, to servicePort: Int) throws {
        self.port = port
        let folder = certificates.folder.appendingPathComponent(service)
        let file = folder.appendingPathComponent("nginx.conf")
        let text = try String(contentsOf: file, encoding: .utf8)
        let changed = text.replacing(#/listen \d+ ssl/#, with: "listen 127.0.0.1:\(port) ssl")
            .replacing(#/server 127\.0\.0\.1:\d+ /#, with: "server 127.0.0.1:\(servicePort) ")
        let own = folder.appendingPathComponent("nginx-\(port).conf")
        try Data(changed.utf8).write(to: own)
        guard let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].first(where: FileManager.default.isExecutableFile)
        else { throw ServiceProcess.Failure(description: "nginx is missing (Debian, Ubuntu: nginx-light).") }
        process = try ServiceProcess(
            "nginx", program: URL(fileURLWithPath: program),
            // One process, so that none is left behind by whoever ends it.
            arguments: ["-p", folder.path, "-c", own.path, "-g", "master_process off;"], environment: [:])
        try waitUntil {
            if let failure = process.endByItself { throw failure }
            return (try? RawConnection(port: port)) != nil
        }
    }

    /// Its log: a line for each request.
    var text: String { process.text }

    func end() {
        // Not SIGTERM: a child has the signals blocked that the thread had which started it.
        process.signal(SIGKILL)
        process.end()
    }
}
