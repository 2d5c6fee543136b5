private import Concurrency
import Foundation
private import WatchedProcesses

/// HAProxy with a configuration of the caller's. It ends with the last reference, or with this process.
package final class HAProxy: Sendable {
    private let process: WatchedProcess
    private let folder: URL

    /// Starts it and waits until it listens on `port`.
    package init(_ configuration: String, listeningOn port: Int) throws {
        guard
            let program = ["/usr/sbin/haproxy", "/usr/bin/haproxy"].first(where: FileManager.default.isExecutableFile)
        else { throw ServiceProcess.Failure(description: "HAProxy is missing (Debian, Ubuntu: haproxy).") }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("haproxy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(configuration.utf8).write(to: folder.appendingPathComponent("haproxy.cfg"))
        let script = """
            "$0" -db -f "$1/haproxy.cfg" </dev/null >"$1/log" 2>&1 &
            read -r order
            kill -KILL $!
            wait
            rm -rf "$1"
            """
        process = try WatchedProcess(["/bin/sh", "-c", script, program, folder.path])
        let end = uptimeNanoseconds() + 10_000_000_000
        while true {
            if let socket = LoopbackSocket.connected(to: port, timeoutSeconds: 1) {
                socket.close()
                return
            }
            guard uptimeNanoseconds() < end else {
                let log = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
                throw ServiceProcess.Failure(description: "HAProxy does not listen on \(port):\n\(log)")
            }
            Concurrency.Thread.sleep(milliseconds: 20)
        }
    }

    package func end() { process.end(.killAndRemove) }
}
