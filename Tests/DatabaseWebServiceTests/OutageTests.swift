import BlockingTesting
import Components
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import ServiceTesting
import Testing
import WebApplication

@Suite(.blocking) struct OutageTests {
    @Test func `a database that is down at start is waited for, and the service is live but not ready`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        server.stop()
        let probe = try Probe(schema)
        defer { probe.close() }
        #expect(!probe.service.startup.runOnce(), "Not settled.")
        #expect(probe.service.startup.refusal == nil)
        let isCurrent = Observed(false)
        let startup = SchemaComponent(probe.service.startup, command: "Probe") { isCurrent.change { $0 = true } }
        try startup.start(ComponentControl())
        #expect(!isCurrent.value, "It returns after the first attempt, settled or not.")
        #expect(probe.client.get("/health/live").status == 200)
        #expect(probe.client.get("/").status == 200)
        #expect(probe.client.get("/health/ready").status == 503)
        #expect(probe.client.get("/probes").code == "database-unavailable")
        #expect(probe.checks == ["database": "fail", "schema": "fail"])
        try server.start()
        #expect(eventually(within: 20_000) { probe.client.get("/probes").status == 200 })
        #expect(isCurrent.wait { $0 })
        #expect(startup.stop(by: .after(milliseconds: 10_000)))
        #expect(eventually { probe.client.get("/health/ready").status == 200 })
        #expect(probe.checks == ["database": "pass", "schema": "pass"])
    }

    @Test func `a database that is killed while the service runs is reported until it is back`() throws {
        let server = try DedicatedTestServer()
        let schema = try server.makeSchema()
        let probe = try Probe(schema)
        defer { probe.close() }
        #expect(probe.service.startup.runOnce())
        #expect(probe.client.get("/probes").status == 200)
        server.kill9()
        for _ in 0..<3 {
            let reply = probe.client.get("/probes")
            #expect(reply.status == 503, "\(reply)")
            #expect(reply.code == "database-unavailable")
            #expect(reply.headers["Retry-After"] == "1")
            #expect(!String(describing: reply).contains("127.0.0.1"), "The client learns nothing of the inside.")
        }
        #expect(probe.client.get("/health/live").status == 200)
        #expect(eventually { probe.client.get("/health/ready").status == 503 })
        try server.start()
        let back = probe.client.get("/probes")
        #expect(back.status == 200, "\(back)")
        #expect(eventually { probe.client.get("/health/ready").status == 200 })
        let metrics = String(decoding: probe.client.get("/metrics").body, as: UTF8.self)
        for event in ["connected", "connect-failed", "connection-lost"] {
            let name = #"database_events_total{event="\#(event)"}"#
            #expect(metrics.contains(name) && !metrics.contains("\(name) 0\n"), "\(event): \(metrics)")
        }
        #expect(!metrics.contains(#"db_client_operation_duration_seconds_count{operation="read"} 0"#))
        #expect(metrics.contains(#"db_client_connection_max{pool="requests"}"#))
    }
}
