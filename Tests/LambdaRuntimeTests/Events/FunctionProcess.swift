import Foundation
import JSON
import Resilience
import ScriptedServer
import Threading

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

    private struct State {
        var events: ArraySlice<String>
        var answers: [Answer] = []
    }

    /// The programs of this build.
    static var productsDirectory: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// Runs `executable` until it has answered every event, then ends it.
    static func run(_ executable: URL, events: [String]) throws -> Outcome {
        let state = Lock(State(events: events[...]))
        let server = try ScriptedServer { serve($0, state) }
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
        let limit = Deadline.after(milliseconds: 20_000).uptimeNanoseconds
        let answers = state.wait(untilUptimeNanoseconds: limit) { $0.answers.count >= events.count ? $0.answers : nil }
        // It inherits the blocked signals of the thread that started it, SIGTERM among them.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return Outcome(
            answers: answers ?? state.withLock { $0.answers },
            text: try String(contentsOf: output, encoding: .utf8))
    }

    private static func serve(_ connection: ScriptedConnection, _ state: Lock<State>) {
        while let request = connection.readRequest() {
            guard request.line.hasPrefix("POST") else {
                guard let event = state.withLock({ $0.events.popFirst() }) else { return connection.waitForEnd() }
                connection.reply("200 OK", headers: ["Lambda-Runtime-Aws-Request-Id: id-1"], body: event)
                continue
            }
            let answer = Answer(
                isError: request.line.contains("/error "), json: (try? JSONParser.parse(request.body)) ?? .null)
            state.withLock { $0.answers.append(answer) }
            state.broadcast()
            connection.reply("202 Accepted")
        }
    }
}
