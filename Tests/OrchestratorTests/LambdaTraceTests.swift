import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import LambdaRuntime
@testable import Orchestrator
import ScriptedServer
import ServiceTesting
import Telemetry
import Testing
import WebApplication

/// The trace that Lambda gives to an invocation is the one in its log lines and on the way to the Orders API.
@Suite(.blocking) struct LambdaTraceTests {
    private static let root = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
    private static let traceID = "5bef4de7ad49b0e87f6ef6c87fc2e700"
    private static let header = "Root=\(root);Parent=9a9197af755a6419;Sampled=1"
    private static let traceparent = "00-\(traceID)-9a9197af755a6419-01"
    private static let callers = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private struct Outcome {
        /// The `traceparent` of each request to the Orders API.
        let traceparents: [String]
        let lines: [JSONValue]
        let reply: JSONValue?

        func values(_ name: String) -> Set<String> { Set(lines.map { $0[name]?.string ?? "none" }) }
    }

    /// Hands an event to the function, whose Orders API refuses everything.
    private func handle(_ event: String, traceID: String?) throws -> Outcome {
        let traceparents = Lock<[String]>([])
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                traceparents.withLock { $0.append(request.header("traceparent") ?? "none") }
                connection.reply("409 Conflict", body: #"{"code":"insufficient-stock","retryable":false}"#)
            }
        }
        defer { server.stop() }
        let lines = Lock<[JSONValue]>([])
        let sink = LogSink { line in
            if let line = try? JSONParser.parse(Array(line.dropLast())) { lines.withLock { $0.append(line) } }
        }
        let context = LambdaContext(
            requestID: "request-1", deadline: .after(milliseconds: 20_000), traceID: traceID,
            logger: Logger(service: "test", level: .debug, sink: sink))
        let harness = try ServiceHarness(orders: server.url)
        let reply = try? harness.app.function.handle(Array(event.utf8), context)
        return Outcome(
            traceparents: traceparents.withLock { $0 }, lines: lines.withLock { $0 },
            reply: try reply.map { try JSONParser.parse($0) })
    }

    private func http(_ headers: String = "") -> String {
        let body = callBody(1, [(1, 1)], key: "key-1").replacing("\"", with: "\\\"")
        return #"""
            {"version":"2.0","rawPath":"\#(ServiceHarness.path)","headers":{"content-type":"application/json"\#(headers)},
             "requestContext":{"http":{"method":"POST"}},"body":"\#(body)"}
            """#
    }

    private func queue(_ members: String...) -> String {
        let messages = members.enumerated().map { index, members in
            let body = callBody(1, [(1, 1)], key: "key-\(index)").replacing("\"", with: "\\\"")
            return #"{"messageId":"m-\#(index)","eventSource":"aws:sqs","body":"\#(body)"\#(members)}"#
        }
        return #"{"Records":[\#(messages.joined(separator: ","))]}"#
    }

    @Test func `an HTTP request is part of the trace that the runtime API names`() throws {
        let outcome = try handle(http(), traceID: Self.header)
        #expect(outcome.traceparents == [Self.traceparent])
        #expect(outcome.lines.count > 0)
        #expect(outcome.values("trace_id") == [Self.traceID])
        #expect(outcome.values("xray_trace_id") == [Self.root])
        #expect(outcome.reply?["headers"]?["traceparent"]?.string == Self.traceparent)
        let problem = try JSONParser.parse(Array((outcome.reply?["body"]?.string ?? "").utf8))
        #expect(problem["trace_id"]?.string == Self.traceID)
    }

    @Test func `where the runtime API names none, the event's own header does`() throws {
        let outcome = try handle(http(#","x-amzn-trace-id":"\#(Self.header)""#), traceID: nil)
        #expect(outcome.traceparents == [Self.traceparent])
        #expect(outcome.values("trace_id") == [Self.traceID])
    }

    @Test func `the runtime API's is Lambda's own word, the event's header may be a client's`() throws {
        let foreign = "Root=1-00000001-000000000000000000000001;Parent=0000000000000001;Sampled=1"
        let outcome = try handle(http(#","x-amzn-trace-id":"\#(foreign)""#), traceID: Self.header)
        #expect(outcome.traceparents == [Self.traceparent])
    }

    @Test func `a caller's own traceparent goes on, and Lambda's trace stays in the log`() throws {
        let outcome = try handle(http(#","traceparent":"\#(Self.callers)""#), traceID: Self.header)
        #expect(outcome.traceparents.count == 1)
        #expect(outcome.traceparents.allSatisfy { $0.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") })
        #expect(outcome.values("trace_id") == ["0af7651916cd43dd8448eb211c80319c"])
        #expect(outcome.values("xray_trace_id") == [Self.root])
    }

    @Test(arguments: ["", "00-malformed", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"])
    func `a traceparent that is none does not hide Lambda's trace`(traceparent: String) throws {
        let outcome = try handle(http(#","traceparent":"\#(traceparent)""#), traceID: Self.header)
        #expect(outcome.traceparents == [Self.traceparent])
    }

    @Test func `a direct invocation is part of its trace`() throws {
        let outcome = try handle(callBody(1, [(1, 1)], key: "key-1"), traceID: Self.header)
        #expect(outcome.traceparents == [Self.traceparent])
        #expect(outcome.values("trace_id") == [Self.traceID])
    }

    @Test func `a schedule's calls are part of its trace`() throws {
        let event = #"{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}"#
        let outcome = try handle(event, traceID: Self.header)
        #expect(outcome.traceparents == [Self.traceparent])
    }

    @Test func `a message of a queue is part of the trace that it was sent in`() throws {
        let sent =
            #","attributes":{"AWSTraceHeader":"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"}"#
        let named = #","messageAttributes":{"traceparent":{"dataType":"String","stringValue":"\#(Self.callers)"}}"#
        let outcome = try handle(queue(sent, "", named + sent), traceID: Self.header)
        #expect(outcome.traceparents.count == 3)
        #expect(outcome.traceparents.first == "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00")
        #expect(outcome.traceparents.dropFirst().first == Self.traceparent)
        #expect(outcome.traceparents.last?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        for (id, trace) in [
            ("m-0", "5759e988bd862e3fe1be46a994272793"), ("m-1", Self.traceID),
            ("m-2", "0af7651916cd43dd8448eb211c80319c"),
        ] {
            let lines = outcome.lines.filter { ($0["message_id"] ?? $0["correlation_id"])?.string == id }
            #expect(lines.count >= 2, "\(outcome.lines)")
            #expect(lines.allSatisfy { $0["trace_id"]?.string == trace }, "\(lines)")
        }
    }

    @Test(arguments: [
        nil, "", "Root=", "Self=1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "Root=1-00000000-000000000000000000000000",
        "Root=2-5bef4de7-ad49b0e87f6ef6c87fc2e700", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e70",
        "Root=1-5bef4deg-ad49b0e87f6ef6c87fc2e700", "Root=1-5bef4de7ad49b0e87f6ef6c87fc2e700",
    ])
    func `without a trace of Lambda's a new one begins`(header: String?) throws {
        let outcome = try handle(http(), traceID: header)
        #expect(outcome.traceparents.count == 1)
        #expect(outcome.traceparents.first?.contains("5bef4de7") == false)
        #expect(outcome.values("xray_trace_id") == ["none"])
        #expect(outcome.values("trace_id") == Set(outcome.traceparents.map { String($0.split(separator: "-")[1]) }))
    }

    @Test func `the port, behind a load balancer of Amazon's, goes on with its trace`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        let header = "Self=1-67891234-12456789abcdef012345678a;\(Self.header)"
        let response = harness.app.shim.respond(
            Request(.get, "/health/live", headers: ["X-Amzn-Trace-Id": header]),
            RequestMetadata(receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "192.0.2.1"))
        #expect(response.headers["traceparent"] == Self.traceparent)
    }
}
