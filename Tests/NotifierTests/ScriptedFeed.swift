import Concurrency
import ConcurrencyTesting
import ScriptedServer

/// The Orders API's feed as its contract has it, on a real port.
final class ScriptedFeed: Sendable {
    struct Asked: Sendable {
        let after: String
        let limit: Int
        let prefer: String?
        let authorization: String?
    }

    struct State: Sendable {
        /// By their numbers less one.
        var events: [String] = []
        /// The numbers that they are given; by default those of their places.
        var firstSeq: Int64 = 1
        var isRewound = false
        /// Positions up to which the log is known.
        var knownSeqMax: Int64 = .max
        var isStopped = false
    }

    let asked = Observed<[Asked]>([])
    let state = Observed(State())
    private let server: ScriptedServer
    /// So long an empty page is waited with; shorter than the contract has it, for the tests.
    private static let waitMilliseconds = 100

    init() throws {
        let (asked, state) = (asked, state)
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let target = request.line.split(separator: " ")[1]
                func parameter(_ name: String) -> String {
                    let query = target.split(separator: "?").last ?? ""
                    return query.split(separator: "&").first { $0.hasPrefix(name + "=") }
                        .map { String($0.dropFirst(name.count + 1)) } ?? ""
                }
                let question = Asked(
                    after: parameter("after"), limit: Int(parameter("limit")) ?? 20, prefer: request.header("prefer"),
                    authorization: request.header("authorization"))
                asked.change { $0.append(question) }
                let seq = Int64(question.after.split(separator: "-").first ?? "0") ?? 0
                if question.prefer != nil {
                    state.wait(withinMilliseconds: ScriptedFeed.waitMilliseconds) {
                        $0.isStopped || $0.isRewound || seq < $0.firstSeq - 1 + Int64($0.events.count)
                    }
                }
                let (status, body) = ScriptedFeed.answer(state.value, after: seq, question)
                guard connection.reply(status, headers: ["Content-Type: application/json"], body: body) else { return }
            }
        }
    }

    deinit {
        state.change { $0.isStopped = true }
        server.stop()
    }

    var url: String { server.url }

    func add(_ events: String...) { state.change { $0.events += events } }

    private static func answer(_ state: State, after seq: Int64, _ question: Asked) -> (String, String) {
        if state.isRewound || seq > state.knownSeqMax {
            return (
                "410 Gone",
                #"{"type":"/problems/events-rewound","title":"Events rewound","status":410,"code":"events-rewound"}"#
            )
        }
        let start = max(seq - state.firstSeq + 1, 0)
        let rest = state.events.dropFirst(Int(start))
        let page = rest.prefix(question.limit)
        let firstSeq = max(seq + 1, state.firstSeq)
        let data = page.enumerated().map { #"{"seq":\#(firstSeq + Int64($0)),"event":\#($1)}"# }.joined(separator: ",")
        let last = page.isEmpty ? seq : firstSeq + Int64(page.count) - 1
        let next = last == 0 ? "0" : "\(last)-\(eventID(last))"
        let hasNext = rest.count > page.count
        return (
            "200 OK",
            #"{"data":[\#(data)],"meta":{"limit":\#(question.limit),"next_after":"\#(next)","has_next":\#(hasNext)}}"#
        )
    }
}
