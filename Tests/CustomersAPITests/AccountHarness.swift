import Concurrency
import DatabaseTesting
import Digests
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import CustomersAPI

/// The Customers API with accounts, whose passwords cost little.
final class AccountHarness: Sendable {
    static let secret = "secret-of-the-tests-0123456789abcdef"
    static let password = "correct horse battery staple"

    let service: ServiceHarness
    let accounts: Accounts
    var client: ApplicationClient { service.client }
    var database: Database { service.database }
    var hashingCount: UInt64 { accounts.hasher.hashingCount }

    init(_ settings: [String: String] = [:], on schema: TestSchema? = nil) throws {
        let cheap = try #require(Scrypt.Parameters(costLog2: 4, blockSize: 8, parallelism: 1))
        service = try ServiceHarness(
            ["JWT_SECRET": AccountHarness.secret].merging(settings) { $1 }, hashing: cheap, on: schema)
        accounts = try #require(service.app.accounts)
    }

    /// A client as the service sees it through a proxy.
    func client(from address: String) -> ApplicationClient { client.with("X-Forwarded-For", address) }

    func count(_ sql: SQL) throws -> Int64 { try database.number(sql) ?? -1 }

    func register(
        _ email: String, name: String = "Ana", password: String = AccountHarness.password,
        from address: String = "198.51.100.1", language: String? = nil
    ) -> Reply {
        let body = JSONWriter.object { writer in
            writer.member("name", name)
            writer.member("email", email)
            writer.member("phone", "+593 99 123 4567")
            writer.member("password", password)
            if let language { writer.member("language", language) }
        }
        return client(from: address).post("/api/v1/auth/register", String(decoding: body, as: UTF8.self))
    }

    /// Sends what is due, and gives the tokens of the links that work, the newest first.
    func links(of email: String) throws -> [String] {
        while try accounts.mail.sendNext() {}
        let ids = try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query(
                """
                SELECT id FROM registrations WHERE email = \(email) AND token_digest IS NOT NULL
                ORDER BY created_at DESC
                """
            ) { (row) throws(DatabaseError) in try row.bytes("id") }
        }
        return ids.map { RegistrationID($0).token(AccountKeys(AccountHarness.secret).links).text }
    }

    func confirm(_ token: String) -> Reply { client.post("/api/v1/auth/confirm?token=\(token)") }

    /// Makes an account, and gives its customer's id.
    @discardableResult
    func account(_ email: String = "ana@example.com", password: String = AccountHarness.password) throws -> Int64 {
        let registered = register(email, password: password, from: "203.0.113.\(Int.random(in: 1...250))")
        try #require(registered.status == 202, "\(registered)")
        let confirmed = confirm(try #require(try links(of: email).first))
        try #require(confirmed.status == 200, "\(confirmed)")
        return try #require(try database.number("SELECT id FROM customers WHERE email = \(email)"))
    }

    func login(
        _ email: String = "ana@example.com", _ password: String = AccountHarness.password,
        from address: String = "198.51.100.1"
    ) -> Reply {
        let body = JSONWriter.object { writer in
            writer.member("email", email)
            writer.member("password", password)
        }
        return client(from: address).post("/api/v1/auth/login", String(decoding: body, as: UTF8.self))
    }

    func refresh(_ token: String) -> Reply {
        client.post("/api/v1/auth/refresh", #"{"refreshToken":"\#(token)"}"#)
    }

    func logout(_ token: String) -> Reply {
        client.post("/api/v1/auth/logout", #"{"refreshToken":"\#(token)"}"#)
    }

    /// Lets the database think that so much time has passed since the tokens were used.
    func letSessionsAge(seconds: Int) throws {
        try database.change(
            """
            UPDATE sessions SET used_at = used_at - INTERVAL \(seconds) SECOND,
                created_at = created_at - INTERVAL \(seconds) SECOND,
                expires_at = expires_at - INTERVAL \(seconds) SECOND
            """)
    }
}

extension Reply {
    var refreshToken: String { json["refreshToken"]?.string ?? "" }

    /// The claims of the access token, unverified.
    var claims: JSONValue {
        let parts = (json["accessToken"]?.string ?? "").split(separator: ".")
        guard parts.count == 3, let payload = Base64URL.decode(parts[1]) else { return .null }
        return (try? JSONParser.parse(payload)) ?? .null
    }

    /// What a client sees, less what names the request.
    var withoutTrace: [String] {
        (json.object?.members ?? []).filter { $0.name != "trace_id" }.map { "\($0.name): \($0.value)" }
            + headers.fields.filter { !["X-Correlation-Id", "traceparent"].contains($0.name) }
            .map { "\($0.name): \($0.value)" }
    }
}
