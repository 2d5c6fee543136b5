import Foundation

/// A wall clock that is wrong, for a service process: by libfaketime, which shifts what the process is told of the time.
package enum ShiftedClock {
    /// The variables that shift a process's clock, and leave its monotonic one alone.
    ///
    /// - Parameter shift: such as `-5y` or `+100h`.
    /// - Throws: `ServiceProcess.Failure` that tells what is missing.
    package static func environment(_ shift: String) throws -> [String: String] {
        [
            "LD_PRELOAD": try library(), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            // Otherwise it takes every timed wait for one on the wall clock, which then ends at once.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        ]
    }

    private static func library() throws -> String {
        let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib").map { "/usr/lib/\($0)" }
        let paths = (folders + ["/usr/lib", "/usr/lib64"]).map { "\($0)/faketime/libfaketimeMT.so.1" }
        guard let path = paths.first(where: FileManager.default.fileExists(atPath:)) else {
            throw ServiceProcess.Failure(
                description: "libfaketime is missing; install it (Debian, Ubuntu: apt-get install faketime).")
        }
        return path
    }
}
