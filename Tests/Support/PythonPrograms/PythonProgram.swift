import Concurrency
import Foundation
import RepositoryFiles

/// A Python program of `scripts/lib/test`, with the packages that `scripts/lib/tools.sh` names for tests.
package final class PythonProgram: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let process: Lock<Process>
    private let input: Pipe
    private let output = Lock(Output())
    private let errors = Lock<[UInt8]>([])

    private struct Output {
        var lines: [String] = []
        var isEnded = false
    }

    /// - Parameters:
    ///   - name: the file's, such as `verify-webhook.py`.
    ///   - input: all that it reads; nil leaves its standard input open until `end`.
    package init(_ name: String, arguments: [String] = [], input text: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.interpreter.get())
        process.arguments = ["-u", RepositoryFile("scripts/lib/test/\(name)").path] + arguments
        let (input, printed, complaints) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = printed
        process.standardError = complaints
        try process.run()
        self.process = Lock(process)
        self.input = input
        Foundation.Thread.detachNewThread { [errors, handle = complaints.fileHandleForReading] in
            while case let data = handle.availableData, !data.isEmpty { errors.withLock { $0 += data } }
        }
        Foundation.Thread.detachNewThread { [output, handle = printed.fileHandleForReading] in
            var rest: [UInt8] = []
            while case let data = handle.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest.removeSubrange(...end)
                    output.withLock { $0.lines.append(line) }
                    output.broadcast()
                }
            }
            output.withLock { $0.isEnded = true }
            output.broadcast()
        }
        if let text {
            try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            try input.fileHandleForWriting.close()
        }
    }

    /// The next line that it prints.
    ///
    /// - Throws: `Failure` with what it said of its errors when there is none within the time.
    package func readLine(withinMilliseconds milliseconds: Int = 20_000) throws -> String {
        let limit = Deadline.after(milliseconds: milliseconds).uptimeNanoseconds
        let line: String?? = output.wait(untilUptimeNanoseconds: limit) { output in
            if !output.lines.isEmpty { return output.lines.removeFirst() }
            return output.isEnded ? .some(nil) : nil
        }
        guard let line = line ?? nil else {
            throw Failure(
                description: "The program printed no line: " + errors.withLock { String(decoding: $0, as: UTF8.self) })
        }
        return line
    }

    /// Ends it, and waits for that.
    package func end() {
        process.withLock { process in
            // Not SIGTERM: a child has the signals blocked that the thread had which started it.
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
    }

    deinit { end() }

    /// `TEST_PYTHON`, which `scripts/test` sets; else the interpreter is made ready here, once a process.
    private static let interpreter: Result<String, any Error> = Result {
        if let path = ProcessInfo.processInfo.environment["TEST_PYTHON"], !path.isEmpty { return path }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["bash", "-c", #"source "$0" && test_python"#, RepositoryFile("scripts/lib/all.sh").path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let path = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, !path.isEmpty else {
            throw Failure(description: "scripts/lib/tools.sh made no Python ready for the tests.")
        }
        return path
    }
}
