import Foundation

extension ServiceProcess {
    /// Kills every service that this process has started and that still runs: for a process that is told to end itself.
    package static func killAll() {
        let own = getpid()
        let programs = productsDirectory.path + "/"
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let child = Int32(entry), parent(of: child) == own,
                let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child)/exe"),
                program.hasPrefix(programs)
            else { continue }
            kill(child, SIGKILL)
        }
    }

    private static func parent(of child: Int32) -> Int32? {
        // "pid (name) state parent …", and the name may have anything in it.
        guard let text = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1
        else { return nil }
        return Int32(fields[1])
    }
}
