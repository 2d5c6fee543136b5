import BlockingTesting
import Foundation
import JSON
import Testing

/// Each way in which the runtime API, an event or the system can fail a process: it goes on, or it ends with a reason in its log
/// and a status of its own, never by a signal.
@Suite(.blocking) struct FaultMatrixTests {
    enum End: Sendable {
        /// The events after the fault are answered.
        case survives(posts: [String])
        /// The process ends with status 1, and a line of its log holds this.
        case ends(reason: String, nextCount: ClosedRange<Int>)
        /// After SIGTERM the process ends with status 0.
        case drains(posts: [String])
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: [RuntimeAPI.Next]
        var answer: @Sendable (Int) -> RuntimeAPI.Answer = { _ in .accepted }
        var apiAddress: String?
        var signal: SignalMoment?
        let end: End

        var testDescription: String { name }
    }

    enum SignalMoment: Sendable { case idle, handling }

    private static let afterwards = RuntimeAPI.Next.event("\"after\"", id: "after")
    private static let event = RuntimeAPI.Next.event("\"event\"", id: "event")
    private static let giant = "\"" + String(repeating: "x", count: 6_000_000) + "\""

    private static func refused(_ status: String) -> Fault {
        Fault(
            name: "the POST of a response is answered \(status)", steps: [event, afterwards],
            answer: { $0 == 1 ? .status(status) : .accepted }, end: .survives(posts: ["\"event\"", "\"after\""]))
    }

    private static func nextAlways(_ name: String, _ step: RuntimeAPI.Next, reason: String) -> [Fault] {
        [
            Fault(
                name: "/next always \(name)", steps: [event] + [RuntimeAPI.Next](repeating: step, count: 20),
                end: .ends(reason: reason, nextCount: 7...8)),
            Fault(
                name: "/next once \(name)", steps: [event, step, afterwards],
                end: .survives(posts: ["\"event\"", "\"after\""])),
        ]
    }

    static let faults: [Fault] =
        [
            Fault(
                name: "the API refuses connections", steps: [], apiAddress: "127.0.0.1:1",
                end: .ends(reason: "Connection refused", nextCount: 0...0))
        ]
        + nextAlways("answers 403", .status("403 Forbidden"), reason: "The API answered 403.")
        + nextAlways("answers 410", .status("410 Gone"), reason: "The API answered 410.")
        + nextAlways("answers 500", .status("500 Internal Server Error"), reason: "The API answered 500.")
        + nextAlways("drops the connection", .drop, reason: "the API closed it")
        + nextAlways("gives no request id", .anonymousEvent, reason: "The event has no request id.")
        + nextAlways(
            "answers in another protocol", .reply("SSH-2.0-OpenSSH_9.2\r\n\r\n", keepsConnection: false),
            reason: "it does not begin like HTTP/1.1")
        + [
            refused("400 Bad Request"), refused("403 Forbidden"), refused("413 Request Entity Too Large"),
            refused("500 Internal Server Error"),
            Fault(
                name: "the POST of an error is refused", steps: [.event("{\"do\":\"throw\"}"), afterwards],
                answer: { $0 == 1 ? .status("403 Forbidden") : .accepted },
                end: .survives(posts: [#"{"errorMessage":"","errorType":"NamedError","stackTrace":[]}"#, "\"after\""])),
            Fault(
                name: "the POST's connection is dropped once", steps: [event, afterwards],
                answer: { $0 == 1 ? .drop : .accepted },
                end: .survives(posts: ["\"event\"", "\"event\"", "\"after\""])),
            Fault(
                name: "the POST's connection is dropped twice", steps: [event, afterwards],
                answer: { $0 <= 2 ? .drop : .accepted },
                end: .survives(posts: ["\"event\"", "\"event\"", "\"after\""])),
            Fault(
                name: "the connection is closed silently after 202", steps: [event, event, afterwards],
                answer: { _ in .acceptAndClose(isAnnounced: false) },
                end: .survives(posts: ["\"event\"", "\"event\"", "\"after\""])),
            Fault(
                name: "Connection: close", steps: [event, event, afterwards],
                answer: { _ in .acceptAndClose(isAnnounced: true) },
                end: .survives(posts: ["\"event\"", "\"event\"", "\"after\""])),
            Fault(
                name: "the event is not JSON", steps: [.event("\u{1}not JSON"), afterwards],
                end: .survives(posts: ["JSONParseError", "\"after\""])),
            Fault(
                name: "an error's text has a line break and control bytes",
                steps: [.event(#"{"do":"throw","type":"A\r\nB: ü","message":"a\nb\u0001\u0000\"ü"}"#), afterwards],
                end: .survives(posts: [
                    #"{"errorMessage":"a\nb\u0001\u0000\"ü","errorType":"AB:","stackTrace":[]}"#, "\"after\"",
                ])),
            Fault(
                name: "a giant event", steps: [.event(giant), afterwards], end: .survives(posts: [giant, "\"after\""])),
            Fault(
                name: "a chunked event",
                steps: [
                    .reply(
                        "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id:  c  \r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "3;x=y\r\n\"ch\r\n0A\r\nunked, big\r\n1\r\n\"\r\n0\r\nTrailer: x\r\n\r\n"), afterwards,
                ], end: .survives(posts: ["\"chunked, big\"", "\"after\""])),
            Fault(
                name: "an event to the end of the connection",
                steps: [
                    .reply(
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nLambda-Runtime-Aws-Request-Id: e\r\n\r\n\"rest\"",
                        keepsConnection: false), afterwards,
                ], end: .survives(posts: ["\"rest\"", "\"after\""])),
            Fault(
                name: "an event that ends too early",
                steps: [
                    .reply(
                        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: e\r\nContent-Length: 10\r\n\r\n\"res",
                        keepsConnection: false), afterwards,
                ], end: .survives(posts: ["\"after\""])),
            Fault(
                name: "a slow event", steps: [.slowEvent("\"slow\"", id: "slow"), afterwards],
                end: .survives(posts: ["\"slow\"", "\"after\""])),
            Fault(name: "SIGTERM while idle", steps: [event], signal: .idle, end: .drains(posts: ["\"event\""])),
            Fault(
                name: "SIGTERM while handling", steps: [.event(#"{"do":"sleep","milliseconds":150}"#), afterwards],
                signal: .handling, end: .drains(posts: [#"{"do":"sleep","milliseconds":150}"#])),
        ]

    @Test(arguments: faults) func `the process goes on, or ends with a reason`(fault: Fault) throws {
        let process = try LambdaProcess(fault.steps, apiAddress: fault.apiAddress, answer: fault.answer)
        defer { process.end() }
        switch fault.end {
        case .survives(let posts):
            #expect(process.api.waitUntilFinished(), "the loop does not go on:\n\(process.text)")
            expect(process.api.posts, posts)
            process.signal(SIGTERM)
            #expect(process.waitForExit() == 0, "\(process.text)")
        case .ends(let reason, let nextCount):
            #expect(process.waitForExit() == 1)
            let reasons = process.logLines.filter { $0["level"]?.string == "ERROR" }.compactMap { $0["reason"]?.string }
            #expect(reasons.contains { $0.contains(reason) }, "\(process.text)")
            #expect(nextCount ~= process.api.nextCount)
        case .drains(let posts):
            let isReady =
                fault.signal == .idle
                ? process.api.waitUntilFinished() : process.waitForText("sleeping")
            #expect(isReady)
            process.signal(SIGTERM)
            #expect(process.waitForExit() == 0, "\(process.text)")
            expect(process.api.posts, posts)
        }
    }

    private func expect(_ posts: [RuntimeAPI.Post], _ texts: [String]) {
        #expect(posts.count == texts.count, "\(posts.map { $0.text.prefix(200) })")
        for (post, text) in zip(posts, texts) {
            // An error's message may name a position; its type does not change.
            #expect(post.text == text || post.json?["errorType"]?.string == text, "\(post.text.prefix(200))")
            #expect(post.json != nil, "invalid JSON: \(post.text.prefix(200))")
        }
    }
}
