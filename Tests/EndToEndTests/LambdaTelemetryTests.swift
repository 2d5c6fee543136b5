import Concurrency
import ConcurrencyTesting
import Foundation
import JSON
import ScriptedServer
import SystemTesting
import Testing

extension EndToEndTests {
    /// What leaves the function with each invocation, since Lambda freezes the process after its reply.
    struct LambdaTelemetryTests {
        private static let event = #"""
            {"version":"2.0","rawPath":"/orchestrator/create-and-confirm-order","rawQueryString":"",
            "headers":{"content-type":"application/json","authorization":"Bearer \#(RunningSystem.apiToken)"},
            "requestContext":{"stage":"$default","http":{"method":"POST",
            "path":"/orchestrator/create-and-confirm-order","sourceIp":"192.0.2.1"}},
            "body":"{\"customer_id\":1,\"items\":[{\"product_id\":1,\"qty\":1}],\"idempotency_key\":\"k\"}",
            "isBase64Encoded":false}
            """#

        private struct Seen: Sendable {
            var text: String?
            var exportCount = 0
            var eventCount = 0
        }

        /// Runs one invocation, which finds no other service.
        ///
        /// - Parameter collect: the collector's answer.
        /// - Returns: what the function had written, and how often it had sent spans, by the time that its reply came.
        private func seenAtReply(
            _ settings: [String: String], collect: @escaping @Sendable (ScriptedConnection) -> Bool
        ) throws -> (Seen, milliseconds: Int) {
            let seen = Observed(Seen())
            let process = Lock<ServiceProcess?>(nil)
            let collector = try ScriptedServer { connection in
                while connection.readRequest() != nil {
                    seen.change { $0.exportCount += 1 }
                    guard collect(connection) else { return }
                }
            }
            defer { collector.stop() }
            let began = Lock(Deadline.after(milliseconds: 0))
            let api = try ScriptedServer { connection in
                while let request = connection.readRequest() {
                    let path = request.line.split(separator: " ")[1]
                    if path.hasSuffix("/invocation/next") {
                        let isFirst = Observed(false)
                        seen.change { seen in
                            isFirst.change { $0 = seen.eventCount == 0 }
                            seen.eventCount += 1
                        }
                        guard isFirst.value else { return connection.waitForEnd() }
                        let deadline = Int(Date().timeIntervalSince1970 * 1000) + 20_000
                        began.withLock { $0 = .after(milliseconds: 0) }
                        connection.reply(
                            "200 OK",
                            headers: [
                                "Lambda-Runtime-Aws-Request-Id: id-1", "Lambda-Runtime-Deadline-Ms: \(deadline)",
                                "Content-Type: application/json",
                            ], body: Self.event)
                    } else if path.hasSuffix("/response") {
                        // What was written before is read within this time, and nothing is written meanwhile: the reply is awaited.
                        Concurrency.Thread.sleep(milliseconds: 300)
                        let text = process.withLock { $0?.text }
                        seen.change { $0.text = text }
                        connection.reply("202 Accepted")
                    } else if path.hasSuffix("/extension/register") {
                        connection.reply("200 OK", headers: ["Lambda-Extension-Identifier: e"], body: "{}")
                    } else {
                        return connection.waitForEnd()
                    }
                }
            }
            defer { api.stop() }
            let function = try ServiceProcess(
                "Orchestrator",
                environment: [
                    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(api.port)", "CUSTOMERS_API_BASE": "http://127.0.0.1:1",
                    "ORDERS_API_BASE": "http://127.0.0.1:1", "SERVICE_TOKEN": RunningSystem.serviceToken,
                    "API_TOKEN": RunningSystem.apiToken,
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(collector.port)",
                ].merging(settings) { $1 })
            process.withLock { $0 = function }
            defer { function.end() }
            #expect(seen.wait { $0.text != nil }, "\(function.text)")
            let milliseconds = (Deadline.nowUptimeNanoseconds() - began.withLock { $0.uptimeNanoseconds }) / 1_000_000
            return (seen.value, Int(milliseconds))
        }

        private func embedded(_ text: String) -> [JSONValue] {
            text.split(separator: "\n").compactMap { try? JSONParser.parse(Array($0.utf8)) }.filter {
                $0["_aws"] != nil
            }
        }

        @Test func `an invocation's measurements and spans are out before its reply`() throws {
            let (seen, _) = try seenAtReply(["EMF_NAMESPACE": "Shop/Orders"]) { $0.reply("200 OK", body: "{}") }
            #expect(seen.exportCount == 1)
            let lines = embedded(try #require(seen.text))
            #expect(lines.allSatisfy { $0["service"] == .string("orchestrator") })
            let namespaces = lines.map { $0["_aws"]?["CloudWatchMetrics"]?.array?.first?["Namespace"] }
            #expect(namespaces.allSatisfy { $0 == .string("Shop/Orders") })
            #expect(lines.contains { $0["http_server_request_duration_seconds"] != nil })
            #expect(
                lines.contains { $0["dependency_calls_total"] != nil && $0["dependency"] == .string("customers-api") })
        }

        @Test func `without a namespace nothing is written for CloudWatch`() throws {
            let (seen, _) = try seenAtReply([:]) { $0.reply("200 OK", body: "{}") }
            #expect(embedded(try #require(seen.text)).isEmpty)
        }

        @Test func `a collector that hangs costs an invocation half a second at most`() throws {
            let (seen, milliseconds) = try seenAtReply([:]) { connection in
                connection.waitForEnd()
                return false
            }
            #expect(seen.exportCount == 1)
            // The customer is asked for three times within some 150 ms; 300 ms are this test's own.
            #expect(milliseconds < 2500)
        }

        @Test func `under AWS's emulator the lines name what was ordered`() throws {
            try withSystem { system in
                let emulator = try LambdaEmulator(system, settings: ["EMF_NAMESPACE": "Shop"])
                defer { emulator.end() }
                _ = try emulator.invoke(Self.event.replacing("\n", with: ""))
                try waitUntil(seconds: 10) { emulator.text.contains("\"_aws\"") }
                let durations = embedded(emulator.text).filter { $0["http_server_request_duration_seconds"] != nil }
                #expect(durations.map { $0["operation"] } == [.string("createAndConfirmOrder")])
            }
        }
    }
}
