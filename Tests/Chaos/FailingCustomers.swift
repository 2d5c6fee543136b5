import Concurrency
import ScriptedServer

/// A Customers API that can be made to fail in several ways, and remembers who asked it and when.
final class FailingCustomers: Sendable {
    enum Failure: String, CaseIterable {
        /// 503, as from a service that is overloaded.
        case unavailable = "503"
        /// 503 with a `Retry-After` of one second.
        case comeBackLater = "503 with Retry-After"
        case resets
        /// Takes the request and says nothing.
        case stalls
        /// Says that it has a long reply, and sends a byte now and then.
        case dribbles

        /// Whether no reply ever ends.
        var isSilent: Bool { self == .stalls || self == .dribbles }
    }

    /// What `comeBackLater` asks for.
    static let retryAfterMilliseconds = 1000

    private struct State {
        var failure: Failure?
        /// By correlation id, in the order in which they came.
        var arrivals: [String: [UInt64]] = [:]
    }

    private let state: Lock<State>
    private let server: ScriptedServer

    var url: String { server.url }

    init() throws {
        let state = Lock(State())
        self.state = state
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let failure = state.withLock { state in
                    state.arrivals[request.header("x-correlation-id") ?? "", default: []]
                        .append(Deadline.nowUptimeNanoseconds())
                    return state.failure
                }
                guard FailingCustomers.answer(request, failure, on: connection) else { return }
            }
        }
    }

    /// Fails that way from now on; nil: every customer exists and may order.
    func fail(_ failure: Failure?) {
        state.withLock { state in
            state.failure = failure
            state.arrivals = [:]
        }
    }

    /// How often it was asked, for each request that made somebody ask.
    var callCounts: [Int] { state.withLock { $0.arrivals.values.map(\.count) } }

    /// How often it was asked again for the same request earlier than `retryAfterMilliseconds` after its last answer.
    var earlyRetryCount: Int {
        state.withLock { state in
            state.arrivals.values.reduce(0) { count, arrivals in
                count
                    + zip(arrivals, arrivals.dropFirst()).count { earlier, later in
                        later - earlier < UInt64(FailingCustomers.retryAfterMilliseconds) * 1_000_000
                    }
            }
        }
    }

    func stop() { server.stop() }

    /// - Returns: whether the connection goes on.
    private static func answer(
        _ request: ScriptedConnection.ReceivedRequest, _ failure: Failure?, on connection: ScriptedConnection
    ) -> Bool {
        switch failure {
        case nil:
            let id = request.line.split(separator: " ")[1].split(separator: "/").last ?? ""
            return connection.reply(
                "200 OK", headers: ["Content-Type: application/json"],
                body:
                    #"{"data":{"id":\#(id),"name":"Ana","email":"ana@example.com","phone":"+593 99 123 4567","is_active":true}}"#
            )
        case .unavailable: return connection.reply("503 Service Unavailable", body: overloaded)
        case .comeBackLater:
            return connection.reply(
                "503 Service Unavailable", headers: ["Retry-After: \(retryAfterMilliseconds / 1000)"],
                body: overloaded)
        case .resets: connection.reset()
        case .stalls: connection.waitForEnd()
        case .dribbles:
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while connection.write(" ") { Thread.sleep(milliseconds: 20) }
        }
        return false
    }

    private static let overloaded = #"{"code":"overloaded","title":"Overloaded","status":503,"retryable":true}"#
}
