import BlockingTesting
import Components
import Concurrency
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing
import WebApplication

@Suite(.blocking) struct SchemaStartupTests {
    @Test func `a service that may migrate does so, and then serves`() throws {
        let schema = try TestDatabase.makeSchema()
        let probe = try Probe(schema)
        defer { probe.close() }
        let early = probe.client.get("/probes")
        #expect(early.status == 503, "\(early)")
        #expect(early.code == "database-unavailable")
        #expect(early.headers["Retry-After"] == "1")
        #expect(probe.client.get("/health/live").status == 200)
        #expect(probe.client.get("/health/ready").code == "not-ready")
        #expect(probe.service.startup.runOnce())
        #expect(probe.service.startup.isCurrent)
        #expect(probe.service.startup.refusal == nil)
        let reply = probe.client.get("/probes")
        #expect(reply.status == 200, "\(reply)")
        #expect(reply.data == .integer(0))
        let second = try Probe(schema)
        defer { second.close() }
        #expect(second.service.startup.runOnce() && second.service.startup.isCurrent, "Nothing is left to migrate.")
    }

    @Test func `a service that may not migrate refuses an old schema, and names the command`() throws {
        let schema = try TestDatabase.makeSchema()
        let probe = try Probe(schema, migratesAtStart: false)
        defer { probe.close() }
        #expect(probe.service.startup.runOnce(), "It is settled.")
        #expect(!probe.service.startup.isCurrent)
        let message = try #require(probe.service.startup.refusal).message(command: "Probe")
        #expect(message.contains("m0001_create_probes"))
        #expect(message.contains("`Probe migrate`"))
        #expect(message.contains("SYNCHRONIZE=TRUE"))
        #expect(probe.client.get("/probes").status == 503)
        probe.service.migrate()
        let later = try Probe(schema, migratesAtStart: false)
        defer { later.close() }
        #expect(later.service.startup.runOnce() && later.service.startup.isCurrent)
        #expect(later.client.get("/probes").status == 200)
    }

    @Test func `a schema that was migrated otherwise is refused`() throws {
        let schema = try TestDatabase.makeSchema()
        let probe = try Probe(schema)
        defer { probe.close() }
        #expect(probe.service.startup.runOnce())
        let edited = [Migration(name: "m0001_create_probes", sql: "CREATE TABLE probes (id INT) ENGINE = InnoDB")]
        for migrates in [true, false] {
            let other = try Probe(schema, migratesAtStart: migrates, migrations: edited)
            defer { other.close() }
            #expect(other.service.startup.runOnce())
            #expect(!other.service.startup.isCurrent)
            #expect(other.service.startup.refusal != nil)
        }
    }

    @Test func `a migration that fails is refused with its name, not tried for ever`() throws {
        let schema = try TestDatabase.makeSchema()
        let probe = try Probe(schema, migrations: [Migration(name: "m0001_broken", sql: "CREATE TABEL x (id INT)")])
        defer { probe.close() }
        #expect(probe.service.startup.runOnce())
        let message = try #require(probe.service.startup.refusal).message(command: "Probe")
        #expect(message.contains("m0001_broken"))
    }

    @Test func `a schema that is refused keeps the group from starting, and tells the command`() throws {
        let schema = try TestDatabase.makeSchema()
        let probe = try Probe(schema, migratesAtStart: false)
        defer { probe.close() }
        let component = SchemaComponent(probe.service.startup, command: "Probe") { Issue.record("It is not current.") }
        let control = ComponentControl()
        do throws(ComponentError) {
            try component.start(control)
            Issue.record("It was started.")
        } catch {
            #expect(error.message.contains("`Probe migrate`"))
        }
        #expect(component.stop(by: .after(milliseconds: 10_000)))
        #expect(control.isStopRequested)
    }

    @Test func `two instances that start at once migrate once`() throws {
        let schema = try TestDatabase.makeSchema()
        let probes = try (0..<4).map { _ in try Probe(schema) }
        defer { for probe in probes { probe.close() } }
        let settled = try inParallel(4) { probes[$0].service.startup.runOnce() && probes[$0].service.startup.isCurrent }
        #expect(settled == [true, true, true, true])
    }
}
