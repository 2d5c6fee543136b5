import Concurrency
import JSON
import ScriptedServer

/// A runtime API that plays a script over real sockets, and remembers what was posted to it.
///
/// It is what AWS's emulator cannot be: it fails, and it sends every field that Lambda has.
final class RuntimeAPI: Sendable {
    enum Next: Sendable {
        case event(String, id: String = "id-1", headers: [String] = [])
        case status(String)
        /// The connection is closed without a reply.
        case drop
        /// An event that lacks its request id.
        case anonymousEvent
        /// The whole reply, byte for byte, and whether the connection is kept.
        case reply(String, keepsConnection: Bool = true)
        /// The whole reply in several packets.
        case packets([[UInt8]], keepsConnection: Bool = true)
        /// After a while, and byte by byte.
        case slowEvent(String, id: String)
    }

    struct Post: Sendable {
        let path: String
        let text: String
        let json: JSONValue?
        let request: ScriptedConnection.ReceivedRequest
    }

    enum Answer: Sendable {
        case status(String)
        /// The connection is closed without a reply.
        case drop
        /// 202, and then the connection is closed: silently, or as the reply said.
        case acceptAndClose(isAnnounced: Bool)

        static let accepted = Answer.status("202 Accepted")
    }

    private struct State {
        var steps: ArraySlice<Next>
        var posts: [Post] = []
        var nextCount = 0
        var registrations: [Post] = []
        var isFinished = false
    }

    private let state: Lock<State>
    private let answer: @Sendable (Int) -> Answer

    /// - Parameter answer: to the n-th POST of a response or an error, from 1.
    init(_ steps: [Next], answer: @escaping @Sendable (Int) -> Answer = { _ in .accepted }) {
        state = Lock(State(steps: steps[...]))
        self.answer = answer
    }

    var posts: [Post] { state.withLock { $0.posts } }
    var registrations: [Post] { state.withLock { $0.registrations } }
    /// How often an event was asked for.
    var nextCount: Int { state.withLock { $0.nextCount } }

    /// More events, for a loop that waits for one.
    func append(_ steps: [Next]) {
        state.withLock { $0.steps += steps }
        state.broadcast()
    }

    /// Waits until a loop asked for one event more than there are, or until `finish`.
    func waitUntilFinished(seconds: Int = 20) -> Bool { wait(seconds: seconds) { $0.isFinished } }

    func waitForPosts(_ count: Int, seconds: Int = 20) -> Bool { wait(seconds: seconds) { $0.posts.count >= count } }

    /// Waits until events were asked for as often as `condition` says.
    func wait(until condition: @escaping (Int) -> Bool) -> Bool { wait(seconds: 20) { condition($0.nextCount) } }

    private func wait(seconds: Int, until condition: @escaping (State) -> Bool) -> Bool {
        let limit = Deadline.after(milliseconds: seconds * 1000).uptimeNanoseconds
        return state.wait(untilUptimeNanoseconds: limit) { condition($0) ? true : nil } == true
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        state.broadcast()
    }

    func serve(_ connection: ScriptedConnection) {
        while let request = connection.readRequest() {
            let parts = request.line.split(separator: " ").map(String.init)
            switch parts[1] {
            case "/2020-01-01/extension/register":
                let registration = post(request, path: parts[1])
                state.withLock { $0.registrations.append(registration) }
                guard connection.reply("200 OK", headers: ["Lambda-Extension-Identifier: extension-1"], body: "{}")
                else {
                    return
                }
            case "/2020-01-01/extension/event/next":
                return connection.waitForEnd()
            case "/2018-06-01/runtime/invocation/next":
                guard replyWithNext(connection) else { return }
            default:
                guard reply(to: post(request, path: parts[1]), connection) else { return }
            }
        }
    }

    private func post(_ request: ScriptedConnection.ReceivedRequest, path: String) -> Post {
        Post(
            path: path, text: String(decoding: request.body, as: UTF8.self), json: try? JSONParser.parse(request.body),
            request: request)
    }

    private func reply(to post: Post, _ connection: ScriptedConnection) -> Bool {
        let number = state.withLock { state in
            state.posts.append(post)
            return state.posts.count
        }
        state.broadcast()
        switch answer(number) {
        case .status(let status): return connection.reply(status, body: "{\"status\":\"OK\"}")
        case .drop: return false
        case .acceptAndClose(let isAnnounced):
            connection.reply("202 Accepted", headers: isAnnounced ? ["Connection: close"] : [], body: "{}")
            return false
        }
    }

    private func replyWithNext(_ connection: ScriptedConnection) -> Bool {
        let step = state.withLock { state in
            state.nextCount += 1
            if state.steps.isEmpty { state.isFinished = true }
            return state.steps.popFirst()
        }
        state.broadcast()
        guard let step = step ?? waitForStep(connection) else { return false }
        return reply(with: step, connection)
    }

    private func reply(with step: Next, _ connection: ScriptedConnection) -> Bool {
        switch step {
        case .event(let body, let id, let headers):
            return connection.reply("200 OK", headers: ["Lambda-Runtime-Aws-Request-Id: \(id)"] + headers, body: body)
        case .anonymousEvent: return connection.reply("200 OK", body: "{}")
        case .status(let status): return connection.reply(status)
        case .drop: return false
        case .reply(let bytes, let keepsConnection): return connection.write(bytes) && keepsConnection
        case .packets(let packets, let keepsConnection):
            for packet in packets {
                // Long enough for the other side to receive them one by one.
                Thread.sleep(milliseconds: 2)
                guard connection.write(packet) else { return false }
            }
            return keepsConnection
        case .slowEvent(let body, let id):
            Thread.sleep(milliseconds: 300)
            let fields = "Lambda-Runtime-Aws-Request-Id: \(id)\r\nContent-Length: \(body.utf8.count)"
            for byte in "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n\(body)".utf8 {
                guard connection.write([byte]) else { return false }
                Thread.sleep(milliseconds: 1)
            }
            return true
        }
    }

    /// A step that is added later; nil when the loop has gone, or the server stops, first.
    private func waitForStep(_ connection: ScriptedConnection) -> Next? {
        while !connection.isEnded {
            let step = state.wait(untilUptimeNanoseconds: Deadline.after(milliseconds: 20).uptimeNanoseconds) {
                $0.steps.popFirst()
            }
            if let step { return step }
        }
        return nil
    }
}
