import Concurrency
import EpollHTTPServer
import HTTPMessages
import JSON
import SeededRandom
import Telemetry
import WebhookSignatures

/// A webhook endpoint that treats what it is sent as endpoints do on a bad day, and remembers all of it.
final class MoodyEndpoint: Sendable {
    /// A delivery as it came in.
    struct Arrival: Sendable {
        let orderID: Int64
        let version: Int64
        let body: [UInt8]
    }

    /// What became of requests, by name.
    typealias Moods = [Mood: Int]

    enum Mood: String, CaseIterable, Sendable {
        /// Answered 204.
        case taken
        /// Taken, and answered 500: the same comes again.
        case takenUnsaid = "taken and answered 500"
        case refused = "500"
        /// 503 with a time to wait.
        case busy = "503"
        case slow
    }

    private struct State {
        var random: SeededRandom
        var secret: SigningSecret?
        var isCalm = false
        var arrivals: [Arrival] = []
        var moods: Moods = [:]
        var flaws: [String] = []
    }

    /// Shorter than Notifier waits for an answer.
    private static let slowMilliseconds = 1500

    private let state: Lock<State>
    private let server: HTTPServer

    /// Listens on a port of its own.
    init(_ random: SeededRandom) throws {
        let state = Lock(State(random: random))
        self.state = state
        server = HTTPServer(
            HTTPServerConfiguration(), logger: Logger(service: "chaos", level: .error),
            respond: { request, _ in .response(MoodyEndpoint.respond(request, state)) },
            refuse: { _, _ in Response(.badRequest) })
        try server.start()
    }

    var url: String { "http://127.0.0.1:\(server.port)/events" }
    var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    var moods: Moods { state.withLock { $0.moods } }
    /// What was no delivery, or not signed.
    var flaws: [String] { state.withLock { $0.flaws } }

    /// From now on a delivery must be signed with it.
    func expect(_ secret: SigningSecret) { state.withLock { $0.secret = secret } }

    /// Takes everything from now on.
    func calm() { state.withLock { $0.isCalm = true } }

    func stop() { server.stop(by: .after(milliseconds: 0)) }

    private static func respond(_ request: Request, _ state: Lock<State>) -> Response {
        let mood = state.withLock { state in
            let mood = state.isCalm ? Mood.taken : draw(&state.random)
            state.moods[mood, default: 0] += 1
            return mood
        }
        switch mood {
        case .refused: return Response(.internalServerError)
        case .busy: return Response(.serviceUnavailable, headers: ["Retry-After": "1"])
        case .slow: Thread.sleep(milliseconds: slowMilliseconds)
        case .taken, .takenUnsaid: break
        }
        take(request, state)
        return Response(mood == .takenUnsaid ? .internalServerError : .noContent)
    }

    private static func draw(_ random: inout SeededRandom) -> Mood {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<5: .refused
        case 5..<8: .busy
        case 8..<11: .takenUnsaid
        case 11: .slow
        default: .taken
        }
    }

    private static func take(_ request: Request, _ state: Lock<State>) {
        let json = try? JSONParser.parse(request.body)
        guard let orderID = json?["data"]?["order_id"]?.integer, let version = json?["data"]?["version"]?.integer,
            request.headers["webhook-id"] == json?["id"]?.string
        else {
            state.withLock {
                $0.flaws.append("\(String(decoding: request.body.prefix(200), as: UTF8.self)) is no event.")
            }
            return
        }
        let secret = state.withLock { $0.secret }
        let now = Int(Timestamp.now().microsecondsSince1970 / 1_000_000)
        var isSigned = false
        if let secret {
            isSigned =
                (try? WebhookSignature.verify(
                    headers: request.headers, body: request.body, secrets: [secret], nowSeconds: now)) != nil
        }
        state.withLock { state in
            if !isSigned { state.flaws.append("Version \(version) of order \(orderID) was not signed.") }
            state.arrivals.append(Arrival(orderID: orderID, version: version, body: request.body))
        }
    }
}
