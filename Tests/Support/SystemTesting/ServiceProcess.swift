import Concurrency
import CurlHTTPClient
package import Foundation
package import JSON

/// One of the three executables, or another program, as a process of its own.
package final class ServiceProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private struct Output {
        var bytes: [UInt8] = []
        var isClosed = false
        var isRead = true
    }

    package let name: String
    private let process: Lock<Process>
    private let output: Lock<Output>

    /// Starts the executable that this test run was built with.
    ///
    /// - Parameters:
    ///   - program: another program to start instead.
    ///   - environment: all that it gets, besides where a coverage build writes its profile.
    ///   - directory: where it runs and finds a `.env` file; one without such a file where it is nil.
    ///   - filesMax: how many descriptors it may open (`ulimit -n`); nil for as many as this process.
    ///   - isOutputFull: whether it finds its output full, with nobody who reads it.
    package init(
        _ name: String, program: URL? = nil, arguments: [String] = [], environment: [String: String],
        directory: URL? = nil, filesMax: Int? = nil, isOutputFull: Bool = false
    ) throws {
        self.name = name
        let process = Process()
        let executable = program ?? ServiceProcess.productsDirectory.appendingPathComponent(name)
        process.executableURL = filesMax == nil ? executable : URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            if let filesMax {
                ["-c", #"ulimit -n "$0" && exec "$@""#, String(filesMax), executable.path] + arguments
            } else {
                arguments
            }
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }
        process.environment = environment.merging(inherited) { own, _ in own }
        process.currentDirectoryURL = directory ?? FileManager.default.temporaryDirectory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let output = Lock(Output(isRead: !isOutputFull))
        if isOutputFull { ServiceProcess.fill(pipe.fileHandleForWriting.fileDescriptor) }
        try process.run()
        let handle = pipe.fileHandleForReading
        // A thread, because only so can the descriptor be closed: a handle with a `readabilityHandler` keeps it, and a run
        // that restarts services by the hundred needs it back.
        Foundation.Thread.detachNewThread {
            while true {
                _ = output.wait(untilUptimeNanoseconds: nil) { $0.isRead ? true : nil }
                let data = handle.availableData
                guard !data.isEmpty else { break }
                output.withLock { $0.bytes += data }
                output.broadcast()
            }
            output.withLock { $0.isClosed = true }
            output.broadcast()
            try? handle.close()
        }
        self.output = output
        self.process = Lock(process)
    }

    package static var productsDirectory: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    package var processID: Int32 { process.withLock { $0.processIdentifier } }
    package var isRunning: Bool { exitStatus == nil }

    /// What is to be said of a process that nobody has ended, and which does not run; nil while it does.
    package var endByItself: Failure? {
        exitStatus.map { Failure(description: "\(name) has ended by itself with \($0): \(text.suffix(1000))") }
    }

    /// The exit code, or the signal's number below zero; nil while it runs.
    private var exitStatus: Int32? {
        process.withLock { process in
            guard process.isRunning else {
                return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            }
            // Foundation never hears of some ends where many processes are started and killed at once: the kernel tells.
            var information = siginfo_t()
            let process = process.processIdentifier
            guard waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
                information._sifields._sigchld.si_pid == process
            else { return nil }
            let status = information._sifields._sigchld.si_status
            return information.si_code == CLD_EXITED ? status : -status
        }
    }

    /// What it has printed so far.
    package var text: String { output.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Its log lines so far.
    package var logLines: [JSONValue] {
        text.split(separator: "\n").compactMap { try? JSONParser.parse(Array($0.utf8)) }
    }

    /// From now on nobody reads what it prints, but for one more part.
    package func stopReading() { output.withLock { $0.isRead = false } }

    /// Reads what it prints again.
    package func readOn() {
        output.withLock { $0.isRead = true }
        output.broadcast()
    }

    /// Writes to a pipe until it takes no more.
    private static func fill(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        let line = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
        while write(descriptor, line, line.count) > 0 {}
        _ = fcntl(descriptor, F_SETFL, flags)
    }

    /// Waits for the port that it listens on.
    package func waitForPort() throws -> Int {
        let port = output.wait(untilUptimeNanoseconds: limit(seconds: 20)) { output -> Int? in
            let lines = output.bytes.split(separator: UInt8(ascii: "\n"))
            let line = lines.lazy.compactMap { try? JSONParser.parse(Array($0)) }
                .first { $0["message"]?.string == "listening" }
            if line == nil, output.isClosed { return -1 }
            return line?["port"]?.integer.map { Int($0) }
        }
        guard let port, port > 0 else { throw Failure(description: "\(name) does not listen:\n\(text)") }
        return port
    }

    package func signal(_ signal: Int32) { kill(processID, signal) }

    /// Waits for its end.
    ///
    /// - Returns: the exit code, or the signal's number below zero.
    package func waitForExit(seconds: Int = 20) throws -> Int32 {
        let end = limit(seconds: seconds)
        while true {
            if let status = exitStatus {
                _ = output.wait(untilUptimeNanoseconds: limit(seconds: 5)) { $0.isClosed || !$0.isRead ? true : nil }
                return status
            }
            guard uptimeNanoseconds() < end else { throw Failure(description: "\(name) does not end:\n\(text)") }
            Concurrency.Thread.sleep(milliseconds: 5)
        }
    }

    /// Ends it, whatever it is doing.
    package func end() {
        guard isRunning else { return }
        // A process that was stopped has to go on to notice the signal.
        signal(SIGCONT)
        signal(SIGTERM)
        if (try? waitForExit(seconds: 15)) == nil {
            signal(SIGKILL)
            _ = try? waitForExit(seconds: 5)
        }
    }

    private func limit(seconds: Int) -> UInt64 { uptimeNanoseconds() + UInt64(seconds) * 1_000_000_000 }
}

package func uptimeNanoseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
