import Concurrency
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Settings
import Testing
import WebApplication
import WebService

/// The smallest service with a database: one table, and one operation that counts its rows.
struct Probe: Sendable {
    static let migrations = [
        Migration(
            name: "m0001_create_probes", sql: "CREATE TABLE probes (id BIGINT NOT NULL PRIMARY KEY) ENGINE = InnoDB")
    ]

    let service: DatabaseService
    let client: ApplicationClient

    init(
        _ schema: TestSchema, migratesAtStart: Bool = true, migrations: [Migration] = Probe.migrations,
        _ settings: [String: String] = [:]
    ) throws {
        var reader = EnvironmentReader(schema.environment.merging(settings) { $1 })
        let serviceSettings = ServiceSettings(&reader, portDefault: 0)
        let configuration = DatabaseConfiguration(&reader, nameDefault: "probes")
        try reader.finish()
        let service = DatabaseService(
            ServiceIdentity(name: "probe", command: "Probe", summary: "A probe."), serviceSettings, configuration,
            migrations: migrations, migratesAtStart: migratesAtStart)
        self.service = service
        let route = Route("countProbes", .get, "/probes", access: .apiToken) { (_, context) throws(Problem) in
            do throws(DatabaseError) {
                let count = try service.database.read(by: context.deadline) {
                    (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
                    try session.queryFirst("SELECT COUNT(*) FROM probes") { (row) throws(DatabaseError) in
                        try row.int64(0)
                    }
                }
                return .json(.ok) { $0.member("data", count) }
            } catch {
                throw .databaseUnavailable(error)
            }
        }
        client = ApplicationClient(service.application(routes: [route]))
    }

    func close() { service.database.close() }

    /// What `/health/detailed` says of each check.
    var checks: [String: String] {
        let reply = client.with(token: TestTokens.service).get("/health/detailed")
        var checks: [String: String] = [:]
        for check in reply.json["checks"]?.array ?? [] {
            checks[check["name"]?.string ?? ""] = check["status"]?.string
        }
        return checks
    }
}
