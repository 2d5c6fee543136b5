import Foundation

/// Names and addresses of a service process's own, in place of the machine's `/etc/hosts`.
package struct HostsFile {
    private let file = FileManager.default.temporaryDirectory.appendingPathComponent("hosts-\(UUID())")

    package init(_ name: String, at address: String) throws { try move(name, to: address) }

    /// Gives the name another address, for all processes that were started with this file.
    package func move(_ name: String, to address: String) throws {
        // In place: another file of this name would not be the one that is mounted.
        try Data("\(address) \(name)\n".utf8).write(to: file)
    }

    /// Starts a service that finds names here. The mount is one that nobody else sees, and goes with the process.
    package func start(_ name: String, environment: [String: String]) throws -> ServiceProcess {
        let program = ServiceProcess.productsDirectory.appendingPathComponent(name).path
        let script = #"mount --bind "$0" /etc/hosts && exec "$@""#
        // sudo hands no variables on. Where it needs a password, or is not there, the test fails with what it says.
        let administrator = geteuid() == 0 ? [] : ["sudo", "--non-interactive"]
        let variables = environment.map { "\($0.key)=\($0.value)" }
        return try ServiceProcess(
            name, program: URL(fileURLWithPath: "/usr/bin/env"),
            arguments: administrator + ["env"] + variables
                + ["unshare", "--mount", "sh", "-c", script, file.path, program],
            environment: ProcessInfo.processInfo.environment.filter { $0.key == "PATH" })
    }

    package func remove() { try? FileManager.default.removeItem(at: file) }
}
