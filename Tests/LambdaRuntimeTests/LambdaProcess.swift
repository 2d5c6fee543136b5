import Concurrency
import ConcurrencyTesting
import Foundation
import JSON
import ScriptedServer

/// A function as a process of its own, under a scripted runtime API.
final class LambdaProcess: Sendable {
    private struct Output {
        var text: [UInt8] = []
        var isRead = true
        var isClosed = false
    }

    let api: RuntimeAPI
    let server: ScriptedServer
    private let process: Lock<Process>
    private let output: Lock<Output>
    private let pipe: Lock<Pipe>

    /// - Parameters:
    ///   - executable: that of `Tests/LambdaEcho`, unless it is named.
    ///   - environment: besides the address of the runtime API.
    ///   - apiAddress: nil for that of the script.
    ///   - isOutputFull: whether it finds its output full, with nobody who reads it.
    init(
        _ steps: [RuntimeAPI.Next],
        executable: URL = FunctionProcess.productsDirectory.appendingPathComponent("LambdaEcho"),
        environment: [String: String] = [:], apiAddress: String? = nil, isOutputFull: Bool = false,
        answer: @escaping @Sendable (Int) -> RuntimeAPI.Answer = { _ in .accepted }
    ) throws {
        let api = RuntimeAPI(steps, answer: answer)
        self.api = api
        server = try ScriptedServer { api.serve($0) }
        let process = Process()
        process.executableURL = executable
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }
        process.environment = [
            "AWS_LAMBDA_RUNTIME_API": apiAddress ?? "127.0.0.1:\(server.port)", "AWS_LAMBDA_FUNCTION_NAME": "echo",
        ].merging(inherited) { own, _ in own }.merging(environment) { _, given in given }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        output = Lock(Output(isRead: !isOutputFull, isClosed: isOutputFull))
        self.pipe = Lock(pipe)
        if isOutputFull { LambdaProcess.fill(pipe) }
        try LambdaProcess.withoutBlockedSignals { try process.run() }
        self.process = Lock(process)
        if !isOutputFull { LambdaProcess.read(pipe.fileHandleForReading, into: output) }
    }

    /// A thread does: a `readabilityHandler` was not always told of the end while other tests opened and closed descriptors.
    private static func read(_ handle: FileHandle, into output: Lock<Output>) {
        Foundation.Thread.detachNewThread {
            var readable = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
            while output.withLock({ $0.isRead }) {
                guard poll(&readable, 1, 20) > 0 else { continue }
                let data = handle.availableData
                guard !data.isEmpty else { break }
                output.withLock { $0.text += data }
                output.broadcast()
            }
            try? handle.close()
            output.withLock { $0.isClosed = true }
            output.broadcast()
        }
    }

    private static func fill(_ pipe: Pipe) {
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        let line = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
        while write(descriptor, line, line.count) > 0 {}
        _ = fcntl(descriptor, F_SETFL, flags)
    }

    /// A child inherits what its parent's thread blocks, and the threads of Swift's pool block SIGTERM: it would be spared what it
    /// has to withstand.
    static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var blocked = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &blocked)
        defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
        try body()
    }

    /// What it has printed so far.
    var text: String { output.withLock { String(decoding: $0.text, as: UTF8.self) } }

    /// Whether it prints `part` in time.
    func waitForText(_ part: String, seconds: Int = 20) -> Bool {
        let limit = Deadline.after(milliseconds: seconds * 1000).uptimeNanoseconds
        return output.wait(untilUptimeNanoseconds: limit) { output in
            String(decoding: output.text, as: UTF8.self).contains(part) || output.isClosed ? true : nil
        } != nil && text.contains(part)
    }

    /// From now on nobody reads what it prints.
    func closeOutput() {
        output.withLock { $0.isRead = false }
        waitForEndOfOutput()
    }

    private func waitForEndOfOutput() {
        let limit = Deadline.after(milliseconds: 5000).uptimeNanoseconds
        _ = output.wait(untilUptimeNanoseconds: limit) { $0.isClosed ? true : nil }
    }

    var logLines: [JSONValue] { text.split(separator: "\n").compactMap { try? JSONParser.parse(Array($0.utf8)) } }

    func signal(_ signal: Int32) { kill(process.withLock { $0.processIdentifier }, signal) }

    /// How it ended: the exit code, or the signal's number below zero; nil when it has not ended in time.
    func waitForExit(seconds: Int = 20) -> Int32? {
        let hasEnded = comesTrue(withinMilliseconds: seconds * 1000) { !process.withLock { $0.isRunning } }
        guard hasEnded else { return nil }
        waitForEndOfOutput()
        return process.withLock { $0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus }
    }

    /// Ends it and the script, whatever they are doing.
    func end() {
        signal(SIGKILL)
        _ = waitForExit()
        server.stop()
    }
}
