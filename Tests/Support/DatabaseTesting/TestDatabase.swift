private import Concurrency
private import Glibc
private import HTTPMessages
private import MySQL

/// A real database for tests: the server that `MYSQL_TEST_URL` names (`mysql://user:password@host:port`), or else a
/// MariaDB server of this process's own, started by the first test that asks and gone when the process ends.
///
/// Without either, tests fail: there is no substitute for the real thing, and a skipped test proves nothing.
package enum TestDatabase {
    /// A fresh, empty schema under a name of its own. It is dropped when the last reference to it goes: keep it for as
    /// long as the test uses the schema.
    package static func makeSchema() throws -> TestSchema {
        try TestSchema(on: server.get())
    }

    /// The server's address, without a schema.
    private static let server = Result<DatabaseConfiguration, any Error> {
        guard let url = getenv("MYSQL_TEST_URL").map({ String(cString: $0) }), !url.isEmpty else {
            let own = try DedicatedTestServer()
            // Kept until the process ends.
            _ = Unmanaged.passRetained(own)
            return own.configuration
        }
        return try configuration(url: url)
    }

    private static func configuration(url: String) throws -> DatabaseConfiguration {
        let prefix = "mysql://"
        let parts = url.dropFirst(prefix.count).split(separator: "@", maxSplits: 1)
        guard url.hasPrefix(prefix), parts.count == 2,
            let address = HostAndPort(parts[1].prefix { $0 != "/" })
        else { throw TestDatabaseError("MYSQL_TEST_URL must be mysql://user:password@host:port") }
        let credentials = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return DatabaseConfiguration(
            host: address.host, port: address.port, username: try decoded(credentials[0]),
            password: credentials.count > 1 ? try decoded(credentials[1]) : "", database: "")
    }

    private static func decoded(_ text: Substring) throws -> String {
        guard let decoded = PercentEncoding.decode(text) else {
            throw TestDatabaseError("MYSQL_TEST_URL has a wrong percent escape.")
        }
        return decoded
    }

    private struct HostAndPort {
        let host: String
        let port: Int

        init?(_ text: Substring) {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1]) else { return nil }
            host = String(parts[0])
            self.port = port
        }
    }
}

/// Why a test has no database.
package struct TestDatabaseError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
