import Concurrency
import CurlHTTPClient
import Foundation
import FreePorts
import HTTPMessages
import JSON
import RepositoryFiles
import SystemTesting

/// nginx with `deploy/gateway/nginx.conf`, whose ports alone are changed, before the services of a system.
final class Gateway: Sendable {
    struct Answer {
        let response: Response
        /// `null` where the body is not JSON.
        let json: JSONValue

        var status: Int { response.status.code }
        var code: String? { json["code"]?.string }
    }

    let port: Int
    private let process: ServiceProcess
    private let folder: URL

    /// Starts it and waits until it listens.
    init(before system: RunningSystem) throws {
        port = try freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var text = try RepositoryFile("deploy/gateway/nginx.conf").text()
        for (shown, used) in [
            ("listen 3000;", "listen 127.0.0.1:\(port);"),
            ("127.0.0.1:3001 ", "127.0.0.1:\(system.customers.port) "),
            ("127.0.0.1:3002 ", "127.0.0.1:\(system.orders.port) "),
        ] {
            guard text.components(separatedBy: shown).count == 2 else {
                throw ServiceProcess.Failure(description: "The gateway's configuration has no single \(shown)")
            }
            text = text.replacingOccurrences(of: shown, with: used)
        }
        let file = folder.appendingPathComponent("nginx.conf")
        try Data(text.utf8).write(to: file)
        guard let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].first(where: FileManager.default.isExecutableFile)
        else { throw ServiceProcess.Failure(description: "nginx is missing (Debian, Ubuntu: nginx-light).") }
        process = try ServiceProcess(
            "nginx", program: URL(fileURLWithPath: program),
            // One process, so that none is left behind by whoever ends it.
            arguments: ["-p", folder.path, "-c", file.path, "-g", "master_process off;"], environment: [:])
        try waitUntil { (try? self.send(.get, "/")) != nil }
    }

    func end() {
        // Not SIGTERM: a child has the signals blocked that the thread had which started it.
        process.signal(SIGKILL)
        process.end()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Sends a request with the target as it stands.
    func send(
        _ method: Method, _ target: String, _ body: String? = nil, headers: HeaderFields = [:]
    ) throws -> Answer {
        var request = Request(method, target, headers: headers, body: Array((body ?? "").utf8))
        if body != nil { request.headers["Content-Type"] = "application/json" }
        guard let origin = Origin("http://127.0.0.1:\(port)") else {
            throw ServiceProcess.Failure(description: "no origin")
        }
        let response = try ServiceClient.transport.send(request, to: origin, by: .after(milliseconds: 20_000))
        return Answer(response: response, json: (try? JSONParser.parse(response.body)) ?? .null)
    }
}
