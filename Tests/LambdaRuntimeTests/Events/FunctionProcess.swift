import Foundation
import JSON
import ScriptedServer
import Testing

/// A function's program, started as Lambda would, and what it answered.
struct FunctionProcess {
    /// An answer that the runtime API received.
    struct Answer: Sendable {
        let isError: Bool
        let json: JSONValue
    }

    struct Outcome {
        let answers: [Answer]
        /// What the program printed.
        let text: String
    }

    /// The programs of this build.
    static var productsDirectory: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// Runs `executable` until it has answered every event, then ends it.
    static func run(_ executable: URL, events: [String]) throws -> Outcome {
        let api = RuntimeAPI(events.map { .event($0) })
        let server = try ScriptedServer { api.serve($0) }
        defer { server.stop() }
        let process = Process()
        process.executableURL = executable
        process.environment = ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(server.port)"]
            .merging(ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }) { own, _ in own }
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("function-\(UUID()).log")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = process.standardOutput
        try process.run()
        let isDone = api.waitForPosts(events.count)
        // It inherits the blocked signals of the thread that started it, SIGTERM among them.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let text = try String(contentsOf: output, encoding: .utf8)
        try #require(isDone, "\(executable.lastPathComponent) did not answer every event: \(text)")
        return Outcome(
            answers: api.posts.map { Answer(isError: $0.path.hasSuffix("/error"), json: $0.json ?? .null) }, text: text)
    }
}
