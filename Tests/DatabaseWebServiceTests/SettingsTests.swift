import BlockingTesting
@testable import DatabaseWebService
import HTTPMessages
import IdempotentReplies
import MySQL
import Settings
import Testing
import WebApplication
import WebService

@Suite(.blocking) struct SettingsTests {
    @Test func `the database's settings have the names and defaults that users know`() throws {
        var reader = EnvironmentReader([:])
        let defaults = DatabaseConfiguration(&reader, nameDefault: "orders")
        try reader.finish()
        #expect(defaults.hosts == [DatabaseHost("127.0.0.1", port: 3306)])
        #expect(defaults.username == "root")
        #expect(defaults.password == "")
        #expect(defaults.database == "orders")
        #expect(defaults.connectionsMax == 8)
        #expect(!defaults.requiresTLS)
        reader = EnvironmentReader([
            "DB_HOST": "db.example", "DB_PORT": "3307", "DB_USERNAME": "shop", "DB_PASSWORD": "secret",
            "DB_NAME": "shop", "DB_CONNECTIONS_MAX": "16", "DB_TLS": "true",
        ])
        let given = DatabaseConfiguration(&reader, nameDefault: "orders")
        try reader.finish()
        #expect(given.hosts == [DatabaseHost("db.example", port: 3307)])
        #expect(given.username == "shop")
        #expect(given.password == "secret")
        #expect(given.database == "shop")
        #expect(given.connectionsMax == 16)
        #expect(given.requiresTLS)
    }

    @Test func `several hosts are listed in the order of preference, each with a port of its own if need be`() throws {
        var reader = EnvironmentReader([
            "DB_HOST": "db-1, db-2:3307,10.0.0.3,[::1],[fe80::1]:3308,::2", "DB_PORT": "3300",
        ])
        let given = DatabaseConfiguration(&reader, nameDefault: "orders")
        try reader.finish()
        #expect(
            given.hosts.map(\.description)
                == ["db-1:3300", "db-2:3307", "10.0.0.3:3300", "[::1]:3300", "[fe80::1]:3308", "[::2]:3300"])
        #expect(given.hosts[3].name == "::1")
        #expect(given.description.hasPrefix("root@db-1:3300,db-2:3307,"))
    }

    @Test func `a socket stands in place of host and port`() throws {
        var reader = EnvironmentReader(["DB_SOCKET": "/run/mysqld/mysqld.sock"])
        let given = DatabaseConfiguration(&reader, nameDefault: "orders")
        try reader.finish()
        #expect(given.socketPath == "/run/mysqld/mysqld.sock")
    }

    @Test(arguments: [
        (
            ["DB_SOCKET": "/s", "DB_HOST": "127.0.0.1", "DB_PORT": "3306"],
            ["DB_SOCKET and DB_HOST", "DB_SOCKET and DB_PORT"]
        ),
        (["DB_SOCKET": "/s", "DB_TLS": "TRUE"], ["DB_SOCKET names"]),
        (["DB_SOCKET": "/s", "DB_TLS_CA": "/etc/passwd"], ["DB_SOCKET names"]),
        (["DB_SOCKET": "/" + String(repeating: "s", count: 107)], ["DB_SOCKET is longer"]),
        (["DB_TLS_CA": "/etc/passwd", "DB_TLS": "FALSE"], ["DB_TLS_CA asks"]),
        (["DB_TLS_CA": "/nowhere"], ["DB_TLS_CA names"]),
        (["DB_SOCKET": "/s", "DB_HOST": "a,b"], ["DB_SOCKET and DB_HOST"]),
        (
            ["DB_HOST": "a,,b:0,c:x,[::1,a"],
            [
                "DB_HOST must be a list of host or host:port, which \"\"", "DB_HOST must be", "DB_HOST must be",
                "DB_HOST must be", "DB_HOST names a:3306 twice",
            ]
        ),
        (["DB_HOST": "a b"], ["DB_HOST must be"]),
        (["DB_HOST": "a,b,c,d,e,f,g,h,i"], ["DB_HOST may name at most 8"]),
    ])
    func `settings that exclude each other are mistakes`(settings: [String: String], mistakes: [String]) {
        var reader = EnvironmentReader(settings)
        _ = DatabaseConfiguration(&reader, nameDefault: "orders")
        do throws(ConfigurationError) {
            try reader.finish()
            Issue.record("Nothing was refused.")
        } catch {
            #expect(error.mistakes.count == mistakes.count, "\(error.mistakes)")
            for (mistake, beginning) in zip(error.mistakes, mistakes) { #expect(mistake.hasPrefix(beginning)) }
        }
    }

    @Test func `all mistakes are reported at once, without the password`() {
        var reader = EnvironmentReader([
            "DB_PORT": "0", "DB_CONNECTIONS_MAX": "65", "DB_TLS": "maybe", "DB_PASSWORD": "secret",
            "SYNCHRONIZE": "si", "IDEMPOTENCY_TTL_HOURS": "23", "CURSOR_SECRET": "a,b,c",
        ])
        _ = DatabaseConfiguration(&reader, nameDefault: "orders")
        _ = StorageSettings(&reader, tokens: ServiceSettings(&reader, portDefault: 1).tokens)
        do throws(ConfigurationError) {
            try reader.finish()
            Issue.record("Nothing was refused.")
        } catch {
            for name in [
                "DB_PORT", "DB_CONNECTIONS_MAX", "DB_TLS", "SYNCHRONIZE", "IDEMPOTENCY_TTL_HOURS", "CURSOR_SECRET",
            ] {
                #expect(error.mistakes.contains { $0.hasPrefix("\(name) ") }, "\(error.mistakes)")
            }
            #expect(error.mistakes.count == 6)
            #expect(!error.mistakes.joined().contains("secret"))
        }
    }

    @Test func `cursors are signed with the service's tokens unless they have a secret of their own`() throws {
        let tokens = ["SERVICE_TOKEN": "the-new-service-token,the-old-service-token"]
        func read(_ values: [String: String]) -> StorageSettings {
            var reader = EnvironmentReader(values.merging(tokens) { $1 })
            return StorageSettings(&reader, tokens: ServiceSettings(&reader, portDefault: 1).tokens)
        }
        func signed(by secret: String) -> String { PageCursor(secrets: [secret]).encode(lastID: 7, filter: "orders") }
        let ofTokens = read([:]).cursor
        #expect(ofTokens.encode(lastID: 7, filter: "orders") == signed(by: "the-new-service-token"))
        #expect(try ofTokens.decode(signed(by: "the-old-service-token"), filter: "orders") == 7)
        let settings = read(["CURSOR_SECRET": "own, former"])
        #expect(settings.cursor.encode(lastID: 7, filter: "orders") == signed(by: "own"))
        #expect(try settings.cursor.decode(signed(by: "former"), filter: "orders") == 7)
        #expect(throws: Problem.self) {
            try settings.cursor.decode(signed(by: "the-new-service-token"), filter: "orders")
        }
        #expect(!settings.migratesAtStart)
        #expect(settings.idempotencyRetentionHours == 72)
    }

    @Test(arguments: [
        (DatabaseError.unavailable("x"), 503, "database-unavailable"), (.poolExhausted, 503, "database-unavailable"),
        (.conflict, 503, "database-unavailable"), (.lockWaitTimeout, 503, "database-unavailable"),
        (.deadlineExceeded, 504, "deadline-exceeded"), (.outcomeUnknown("x"), 503, "outcome-unknown"),
        (.duplicateKey("uq"), 500, "internal-error"), (.outOfRange("x"), 500, "internal-error"),
        (.dataTooLong("x"), 500, "internal-error"), (.decoding("x"), 500, "internal-error"),
        (.statement(code: 1064, message: "SELECT secret"), 500, "internal-error"),
    ])
    func `a failure of the database is told without its inside`(error: DatabaseError, status: Int, code: String) {
        let problem = Problem(error)
        #expect(problem.status.code == status)
        #expect(problem.code == code)
        #expect(!problem.kind.isFinal, "Nothing of it may be kept under a key.")
        #expect(!problem.detail.contains("secret"))
        #expect(problem.isRetryable == (status != 500 && code != "outcome-unknown"))
    }
}
