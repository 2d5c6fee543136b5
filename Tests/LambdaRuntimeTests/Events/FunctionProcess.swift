import Foundation
import JSON
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
        let process = try LambdaProcess(events.map { .event($0) }, executable: executable)
        let isDone = process.api.waitForPosts(events.count)
        process.end()
        try #require(isDone, "\(executable.lastPathComponent) did not answer every event: \(process.text)")
        return Outcome(
            answers: process.api.posts.map { Answer(isError: $0.path.hasSuffix("/error"), json: $0.json ?? .null) },
            text: process.text)
    }
}
