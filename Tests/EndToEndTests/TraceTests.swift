import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import PythonPrograms
import ScriptedServer
import SystemTesting
import Testing

extension EndToEndTests {
    /// One order's trace, wherever it passes.
    struct TraceTests {
        private static let traceID = "0af7651916cd43dd8448eb211c80319c"
        private static let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

        /// The spans that a collector is sent, until these are among them. What is part of a span ends before it, and is sent before it.
        ///
        /// - Parameter expected: services with names of spans.
        private func spans(_ collector: PythonProgram, until expected: [String]) throws -> [ReceivedSpan] {
            var (spans, missing): ([ReceivedSpan], [String]) = ([], expected)
            while !missing.isEmpty {
                let line = try JSONParser.parse(Array(try collector.readLine().utf8))
                #expect(line["error"] == nil)
                let span = try #require(ReceivedSpan(line))
                spans.append(span)
                if let index = missing.firstIndex(of: "\(span.service) \(span.name)") { missing.remove(at: index) }
            }
            return spans
        }

        @Test
        func `one trace id is in the reply, the logs, the database's log, the spans of all services and the webhook`()
            throws
        {
            let collector = try PythonProgram("otlp-receiver.py")
            defer { collector.end() }
            let server = try DedicatedTestServer(options: ["--general-log=1", "--log-output=TABLE"])
            let webhooks = Observed<[ScriptedConnection.ReceivedRequest]>([])
            let receiver = try ScriptedServer { connection in
                while let request = connection.readRequest() {
                    webhooks.change { $0.append(request) }
                    guard connection.reply("204 No Content") else { return }
                }
            }
            defer { receiver.stop() }
            let system = try RunningSystem(
                RunningSystem.Service.product,
                settings: [
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try collector.readLine())",
                    "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_TRACES_SAMPLER": "parentbased_always_off",
                    "DB_TRACE_COMMENTS": "all",
                ], on: try server.makeSchema())
            defer { system.stop() }
            _ = try system.notifier.send(
                .post, "/admin/webhooks/create-endpoint", #"{"url":"\#(receiver.url)/hook"}"#)
            let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
            let reply = try system.placeOrder(customer, product, key: "traced", headers: ["traceparent": Self.caller])

            #expect(reply.status == 201)
            let answered = try #require(reply.response.headers["traceparent"])
            #expect(answered.hasPrefix("00-\(Self.traceID)-"))
            #expect(webhooks.wait { $0.count == 2 })
            for message in webhooks.value {
                let event = try JSONParser.parse(message.body)
                #expect(event["traceparent"]?.string?.contains(Self.traceID) == true)
                #expect(message.header("traceparent")?.contains(Self.traceID) == true)
            }
            for service in RunningSystem.Service.ordering {
                let lines = system.process(service).logLines.filter { $0["message"]?.string == "request" }
                let own = lines.filter { $0["trace_id"]?.string == Self.traceID }
                #expect(!own.isEmpty && own.allSatisfy { $0["span_id"]?.string?.count == 16 }, "\(service)")
            }

            let spans = try spans(
                collector,
                until: [
                    "orchestrator POST /orchestrator/create-and-confirm-order",
                    "customers-api GET /admin/customers/internal/customers/{id}",
                    "orders-api POST /admin/orders/internal/create-order",
                    "orders-api POST /admin/orders/{id}/confirm", "notifier POST", "notifier POST",
                ])
            let (root, hops) = try tree(spans)
            #expect(root.name == "POST /orchestrator/create-and-confirm-order")
            #expect(root.id == String(answered.dropFirst(36).prefix(16)))
            for expected in [
                "orchestrator GET > customers-api GET /admin/customers/internal/customers/{id}",
                "customers-api GET /admin/customers/internal/customers/{id} > customers-api SELECT",
                "orchestrator POST > orders-api POST /admin/orders/internal/create-order",
                "orders-api POST /admin/orders/internal/create-order > orders-api COMMIT",
                "orchestrator POST > orders-api POST /admin/orders/{id}/confirm",
                "orders-api POST /admin/orders/internal/create-order > notifier POST",
                "orders-api POST /admin/orders/{id}/confirm > notifier POST",
            ] {
                #expect(hops.contains(expected), "\(expected) is not among \(hops.sorted())")
            }

            // Each statement in the database's log that names the trace is the span that it says, and each such span is there.
            let statements = try commented(in: server)
            let statementSpans = spans.filter { $0.attributes["db.system.name"] != nil && !$0.name.hasPrefix("SET") }
            #expect(statementSpans.count > 10)
            #expect(Set(statements.keys) == Set(statementSpans.map(\.id)))
            for span in statementSpans {
                let text = try #require(statements[span.id])
                #expect(text.hasPrefix(String(try #require(span.attributes["db.query.text"]?.string).prefix(10))))
            }
        }

        @Test func `the steps of an asynchronous order are part of the trace of the call that placed it`() throws {
            let collector = try PythonProgram("otlp-receiver.py")
            defer { collector.end() }
            let settings = [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try collector.readLine())",
                "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_TRACES_SAMPLER": "parentbased_always_off", "ASYNC_ORDERS": "on",
            ]
            try withSystem([.customers, .paymentSimulator, .orders], settings: settings) { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                let reply = try system.orders.send(
                    .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":1}"#,
                    headers: [
                        "Authorization": "Bearer \(RunningSystem.customerToken(customer))", "X-Idempotency-Key": "k",
                        "traceparent": Self.caller,
                    ])
                #expect(reply.status == 202)
                let spans = try spans(
                    collector,
                    until: [
                        "orders-api POST /api/v1/orders", "orders-api saga RESERVE", "orders-api saga AUTHORIZE",
                        "orders-api saga CAPTURE", "customers-api GET /admin/customers/internal/customers/{id}",
                    ])
                let (root, hops) = try tree(spans)
                #expect(root.name == "POST /api/v1/orders")
                for expected in [
                    "orders-api POST /api/v1/orders > orders-api saga RESERVE",
                    "orders-api POST /api/v1/orders > orders-api saga CAPTURE",
                    "orders-api saga RESERVE > orders-api GET",
                    "orders-api GET > customers-api GET /admin/customers/internal/customers/{id}",
                ] {
                    #expect(hops.contains(expected), "\(expected) is not among \(hops.sorted())")
                }
            }
        }

        @Test func `what the last requests recorded is sent when a service ends`() throws {
            let collector = try PythonProgram("otlp-receiver.py")
            defer { collector.end() }
            let settings = [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try collector.readLine())",
                "OTEL_BSP_SCHEDULE_DELAY": "60000",
            ]
            try withSystem([.customers], settings: settings) { system in
                // The exporter's first run has found nothing.
                Concurrency.Thread.sleep(milliseconds: 200)
                _ = try system.makeCustomer()
                system.customersProcess.signal(SIGTERM)
                #expect(try system.customersProcess.waitForExit() == 0)
                _ = try spans(collector, until: ["customers-api POST /admin/customers/create-customer"])
            }
        }

        /// - Returns: the span that no other is above of, and for each span what it hangs on.
        private func tree(_ spans: [ReceivedSpan]) throws -> (root: ReceivedSpan, hops: Set<String>) {
            // Whatever began without a caller's trace was not recorded.
            #expect(Set(spans.map(\.traceID)) == [Self.traceID])
            let byID = Dictionary(uniqueKeysWithValues: spans.map { ($0.id, $0) })
            let roots = spans.filter { byID[$0.parentID] == nil }
            #expect(roots.count == 1, "\(roots)")
            let root = try #require(roots.first)
            #expect(root.parentID == "b7ad6b7169203331")
            let hops = spans.map { span in
                "\(byID[span.parentID].map { "\($0.service) \($0.name)" } ?? "caller") > \(span.service) \(span.name)"
            }
            return (root, Set(hops))
        }

        /// The statements of the server's general log with a comment of the trace, by the span that it names.
        private func commented(in server: DedicatedTestServer) throws -> [String: String] {
            let database = Database(server.configuration)
            defer { database.close() }
            let texts = try database.read(by: .after(milliseconds: 20_000)) {
                (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                try session.query(
                    """
                    SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log
                    WHERE command_type IN ('Execute', 'Query') AND argument LIKE '%/*traceparent=%'
                    AND argument NOT LIKE '%general\\_log%'
                    """
                ).map { (row) throws(DatabaseError) in try row.string(0) }
            }
            var found: [String: String] = [:]
            for text in texts {
                let comment = try #require(
                    text.firstMatch(of: /\/\*traceparent='00-([0-9a-f]{32})-([0-9a-f]{16})-01'\*\/$/))
                #expect(comment.1 == Self.traceID)
                found[String(comment.2)] = text
            }
            return found
        }
    }
}

/// A span as `otlp-receiver.py` prints it.
private struct ReceivedSpan {
    let service: String
    let traceID: String
    let id: String
    let parentID: String
    let name: String
    let attributes: JSONValue

    init?(_ line: JSONValue) {
        guard let service = line["resource"]?["service.name"]?.string, let traceID = line["trace_id"]?.string,
            let id = line["span_id"]?.string, let parentID = line["parent_span_id"]?.string,
            let name = line["name"]?.string, let attributes = line["attributes"]
        else { return nil }
        self.service = service
        self.traceID = traceID
        self.id = id
        self.parentID = parentID
        self.name = name
        self.attributes = attributes
    }
}
