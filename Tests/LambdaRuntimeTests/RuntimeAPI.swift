import JSON
import LambdaRuntime
import Resilience
import ScriptedServer
import Telemetry
import Testing
import Threading

/// A runtime API that plays a script, and what a loop that ran against it did.
final class RuntimeAPI: Sendable {
    enum Next: Sendable {
        case event(String, id: String = "id-1", headers: [String] = [])
        case status(String)
        /// The connection is closed without a reply.
        case drop
        /// An event that lacks its request id.
        case anonymousEvent
    }

    struct Post: Sendable {
        let path: String
        let text: String
        let json: JSONValue?
        let request: ScriptedConnection.ReceivedRequest
    }

    struct Outcome {
        let posts: [Post]
        let error: LambdaRuntimeError?
        let log: [String]
        let acceptedCount: Int
    }

    private struct State {
        var steps: ArraySlice<Next>
        var posts: [Post] = []
        var isFinished = false
    }

    private let state: Lock<State>
    private let answer: @Sendable (Int) -> String?

    private init(_ steps: [Next], answer: @escaping @Sendable (Int) -> String?) {
        state = Lock(State(steps: steps[...]))
        self.answer = answer
    }

    /// Runs a loop until it has asked for one event more than there are, or has given up.
    ///
    /// - Parameter answer: the status of the reply to the n-th POST, from 1; nil closes the connection instead.
    static func run(
        _ steps: [Next], handler: some LambdaHandler,
        answer: @escaping @Sendable (Int) -> String? = { _ in "202 Accepted" }
    ) throws -> Outcome {
        let api = RuntimeAPI(steps, answer: answer)
        let server = try ScriptedServer { api.serve($0) }
        defer { server.stop() }
        let log = Lock<[String]>([])
        let sink = LogSink { line in log.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        let runtime = LambdaRuntime(
            handler: handler, api: "127.0.0.1:\(server.port)", logger: Logger(service: "test", sink: sink),
            retry: RetryPolicy(attemptsMax: 3, baseMilliseconds: 5, capMilliseconds: 10))
        let error = Lock<LambdaRuntimeError?>(nil)
        let thread = try #require(
            Thread.start {
                do throws(LambdaRuntimeError) {
                    try runtime.run()
                } catch let failure {
                    error.withLock { $0 = failure }
                    api.finish()
                }
            })
        let isFinished = api.state.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 10_000).uptimeNanoseconds)
        {
            $0.isFinished ? true : nil
        }
        #expect(isFinished == true, "the loop stood still")
        let acceptedCount = server.acceptedCount
        // Stopping the server makes the loop log and fail, which is not what the script was about.
        let errorBeforeStop = error.withLock { $0 }
        let logBeforeStop = log.withLock { $0 }
        server.stop()
        thread.join()
        return Outcome(
            posts: api.state.withLock { $0.posts }, error: errorBeforeStop, log: logBeforeStop,
            acceptedCount: acceptedCount)
    }

    private func finish() {
        state.withLock { $0.isFinished = true }
        state.broadcast()
    }

    private func serve(_ connection: ScriptedConnection) {
        while let request = connection.readRequest() {
            let parts = request.line.split(separator: " ")
            if parts[0] == "POST" {
                guard reply(toPost: request, path: String(parts[1]), connection) else { return }
            } else {
                guard parts[1] == "/2018-06-01/runtime/invocation/next", replyWithNext(connection) else { return }
            }
        }
    }

    private func reply(
        toPost request: ScriptedConnection.ReceivedRequest, path: String, _ connection: ScriptedConnection
    ) -> Bool {
        let post = Post(
            path: path, text: String(decoding: request.body, as: UTF8.self), json: try? JSONParser.parse(request.body),
            request: request)
        let number = state.withLock { state in
            state.posts.append(post)
            return state.posts.count
        }
        guard let status = answer(number) else { return false }
        return connection.reply(status, body: "{\"status\":\"OK\"}")
    }

    private func replyWithNext(_ connection: ScriptedConnection) -> Bool {
        switch state.withLock({ $0.steps.popFirst() }) {
        case .event(let body, let id, let headers):
            return connection.reply("200 OK", headers: ["Lambda-Runtime-Aws-Request-Id: \(id)"] + headers, body: body)
        case .anonymousEvent: return connection.reply("200 OK", body: "{}")
        case .status(let status): return connection.reply(status)
        case .drop: return false
        case nil:
            finish()
            connection.waitForEnd()
            return false
        }
    }
}

struct ClosureHandler: LambdaHandler {
    let body: @Sendable ([UInt8], LambdaContext) throws -> [UInt8]

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] { try body(event, context) }

    static let echo = ClosureHandler { event, _ in event }
}
