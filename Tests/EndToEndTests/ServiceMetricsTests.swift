import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// What each service tells Prometheus.
    struct ServiceMetricsTests {
        private static let services: [RunningSystem.Service] = [
            .customers, .paymentSimulator, .orders, .orchestrator, .notifier,
        ]

        /// All that is optional is on: a broker and an identity provider that nobody answers for.
        private static let settings = [
            "ASYNC_ORDERS": "on", "AMQP_URL": "amqp://guest:guest@127.0.0.1:9", "JWKS_URL": "http://127.0.0.1:9/keys",
        ]

        private func metrics(_ client: ServiceClient) throws -> String {
            let reply = try client.send(.get, "/metrics")
            #expect(reply.status == 200)
            return String(decoding: reply.response.body, as: UTF8.self)
        }

        /// What `promtool check metrics` has to say.
        private func complaints(_ text: String) throws -> String {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID().uuidString)")
            try text.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", #"promtool check metrics <"$0" 2>&1"#, file.path]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: output, as: UTF8.self)
        }

        /// The name is OpenTelemetry's, which counts connections; Prometheus would keep the ending for histograms.
        private static let ofConnections =
            "db_client_connection_count non-histogram and non-summary metrics should not have \"_count\" suffix\n"

        @Test func `promtool has nothing to say against any service's metrics, before and after requests`() throws {
            try withSystem(Self.services, settings: Self.settings) { system in
                for pass in 1...2 {
                    for service in Self.services {
                        let text = try metrics(system.client(service))
                        let expected = service == .orchestrator ? "" : Self.ofConnections
                        #expect(try complaints(text) == expected, "\(service), pass \(pass)")
                    }
                    let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                    let body =
                        #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}],"idempotency_key":"\#(pass)"}"#
                    let path = "/orchestrator/create-and-confirm-order"
                    #expect(try system.orchestrator.send(.post, path, body).status == 201)
                }
            }
        }

        @Test func `a process that only works on asynchronous orders shows what it does`() throws {
            try withSystem([.customers, .paymentSimulator, .orders], settings: Self.settings) { system in
                let own = [
                    "CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)",
                    "PAYMENT_GATEWAY_URL": "http://127.0.0.1:\(system.paymentSimulator.port)",
                ].merging(Self.settings) { $1 }
                let worker = try ServiceProcess(
                    "OrdersAPI", arguments: ["work"],
                    environment: RunningSystem.environment(system.schema.configuration).merging(own) { $1 })
                defer { worker.end() }
                let client = try RunningSystem.client(.orders, port: worker.waitForPort())
                let text = try metrics(client)
                #expect(try complaints(text) == Self.ofConnections)
                for line in [
                    "payment_unknown_total 0", "sagas_lost_total 0", "stock_refusals_total 0",
                    #"order_transitions_total{flow="async",status="paid"} 0"#,
                ] {
                    #expect(text.contains("\n\(line)\n"), "\(line)")
                }
                // Some worker may be waiting at that moment.
                #expect(text.contains("\ndb_client_connection_pending_requests{pool=\"sagas\"} "))
                #expect(!text.contains("sweep_"))
                let checks = try client.send(.get, "/health/detailed").json["checks"]?.array ?? []
                let names = checks.map { $0["name"]?.string }
                #expect(names == ["database", "schema", "customers-api", "payment-gateway"])
            }
        }

        @Test func `every counter of the sources is there before the first request`() throws {
            try withSystem(Self.services, settings: Self.settings) { system in
                let shown = try Self.services.map { try metrics(system.client($0)) }.joined(separator: "\n")
                let sources = URL(fileURLWithPath: RepositoryFile.rootPath + "/Sources")
                let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
                var names: Set<String> = []
                for case let file as URL in files where file.pathExtension == "swift" {
                    let text = try String(contentsOf: file, encoding: .utf8)
                    for match in text.matches(of: /"([a-z0-9_]+_total)"/) { names.insert(String(match.1)) }
                }
                #expect(names.count >= 20, "\(names)")
                // Of the function on Lambda, which no Prometheus asks.
                names.remove("measurements_dropped_total")
                for name in names.sorted() {
                    #expect(shown.contains("\n\(name)") && shown.contains("# TYPE \(name) counter"), "\(name)")
                }
            }
        }

        @Test func `the series that operators ask for are at zero before the first request`() throws {
            try withSystem(Self.services, settings: ["ASYNC_ORDERS": "on"]) { system in
                for (service, lines) in Self.zeros {
                    let text = try metrics(system.client(service))
                    for line in lines + Self.zerosOfAll {
                        let isZero = text.contains("\n\(line) 0\n") || text.contains("\n\(line) 0.0\n")
                        // A service that has just started may have met another that migrates the same schema.
                        let isThere = line.hasPrefix("database_events_total") && text.contains("\n\(line) ")
                        #expect(isZero || isThere, "\(service): \(line)")
                    }
                    for name in Self.ofProcess {
                        let value = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
                        let number = value.flatMap { Double($0.dropFirst(name.count + 1)) }
                        #expect(number.map { $0 > 0 } == true, "\(service): \(value ?? "no \(name)")")
                    }
                    #expect(text.contains("\nbuild_info{service=\""))
                }
            }
        }

        private static let zerosOfAll =
            [
                "malformed-request", "body-too-large", "uri-too-long", "headers-too-large", "expectation-failed",
                "not-implemented", "overloaded", "shutting-down", "deadline-exceeded", "internal-error",
            ].map { #"http_server_requests_refused_total{reason="\#($0)"}"# } + [
                "log_lines_dropped_total", "metrics_series_dropped_total", "http_server_requests_queued",
            ]

        private static let ofProcess = [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
            "process_start_time_seconds", "process_threads",
        ]

        private static let ofDatabase = ["retry", "pool-exhausted", "commit-lost", "connection-lost", "connect-failed"]
            .map { #"database_events_total{event="\#($0)"}"# }

        private static func ofDependency(_ name: String) -> [String] {
            ["retry", "refused", "budget_spent", "circuit_open"].map {
                #"dependency_calls_total{dependency="\#(name)",event="\#($0)"}"#
            }
                + ["closed", "open", "half-open"].map {
                    #"dependency_circuit_changes_total{dependency="\#(name)",state="\#($0)"}"#
                } + [
                    #"dependency_calls_in_flight{dependency="\#(name)"}"#,
                    #"dependency_circuit_state{dependency="\#(name)",state="open"}"#,
                ]
        }

        private static let zeros: [(RunningSystem.Service, [String])] = [
            (
                .customers,
                ofDatabase + [
                    #"idempotency_replays_total{operation="createCustomer"}"#,
                    #"sweep_runs_total{sweep="expired-keys",outcome="failure"}"#,
                ]
            ),
            (
                .orders,
                ofDatabase + ofDependency("customers-api") + [
                    #"idempotency_replays_total{operation="createOrder"}"#,
                    #"idempotency_replays_total{operation="placeOrder"}"#,
                    "stock_refusals_total", "payment_unknown_total", "sagas_lost_total",
                    #"order_transitions_total{flow="sync",status="created"}"#,
                    #"order_transitions_total{flow="async",status="stock_reserved"}"#,
                    #"sweep_runs_total{sweep="abandoned-orders",outcome="failure"}"#,
                    #"saga_seconds_count{outcome="rejected"}"#,
                    #"db_client_connection_pending_requests{pool="requests"}"#,
                    #"db_client_connection_pending_requests{pool="sagas"}"#,
                ]
            ),
            (
                .orchestrator,
                ofDependency("customers-api") + ofDependency("orders-api") + [
                    #"idempotency_replays_total{operation="createAndConfirmOrder"}"#
                ]
            ),
            (
                .notifier,
                ofDatabase + [
                    #"deliveries_total{outcome="delivered"}"#, #"deliveries_total{outcome="dead"}"#,
                    #"feed_events_total{outcome="taken"}"#, "delivery_attempt_seconds_count", "endpoints_failing",
                    #"sweep_runs_total{sweep="delivery-retention",outcome="failure"}"#,
                ]
            ),
            (.paymentSimulator, ofDatabase + [#"sweep_runs_total{sweep="payment-holds",outcome="failure"}"#]),
        ]
    }
}
