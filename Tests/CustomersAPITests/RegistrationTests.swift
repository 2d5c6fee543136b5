import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import CustomersAPI

@Suite(.blocking) struct RegistrationTests {
    @Test func `a registration makes nothing until its link is followed, which makes the customer and the account`()
        throws
    {
        let harness = try AccountHarness()
        #expect(harness.register("ana@example.com").status == 202)
        #expect(try harness.service.count == 0)
        #expect(harness.login().code == "invalid-credentials")
        let token = try #require(try harness.links(of: "ana@example.com").first)
        let page = harness.client.get("/api/v1/auth/confirm?token=\(token)&language=es")
        #expect(page.status == 200 && page.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(page.headers["Referrer-Policy"] == "no-referrer")
        #expect(page.headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(page.description.contains(#"<form method="post"><button>Confirmar</button>"#), "\(page)")
        #expect(!page.description.contains(token))
        #expect(harness.client.send(.head, "/api/v1/auth/confirm?token=\(token)").status == 200)
        #expect(try harness.service.count == 0, "A program that scans mail follows links.")
        let done = harness.client.post("/api/v1/auth/confirm?token=\(token)")
        #expect(done.status == 200 && done.description.contains("Your account is ready"), "\(done)")
        let customer = harness.client.get("/admin/customers/find-all").data.array?.first
        #expect(customer?["email"]?.string == "ana@example.com" && customer?["name"]?.string == "Ana")
        #expect(customer?["phone"]?.string == "+593 99 123 4567" && customer?["is_active"] == .bool(true))
        #expect(harness.client.get("/admin/customers/find-all?search=ana").ids.count == 1)
        #expect(harness.login("ANA@Example.com").status == 200)
    }

    @Test func `whoever asks is told the same, whatever there is, and it takes one hashing`() throws {
        let harness = try AccountHarness()
        _ = try harness.service.customer("eva", email: "eva@example.com")
        try harness.account("ana@example.com")
        let replies = ["new@example.com", "eva@example.com", "ana@example.com", "ANA@example.com"].map { email in
            let before = harness.hashingCount
            let reply = harness.register(email)
            #expect(harness.hashingCount == before + 1, "\(email)")
            return reply
        }
        #expect(Set(replies.map(\.status)) == [202])
        #expect(Set(replies.map(\.withoutTrace)).count == 1, "\(replies)")
    }

    @Test func `a customer whom an operator has made is taken over by no registration, only by the link`() throws {
        let harness = try AccountHarness()
        let id = try harness.service.customer("eva", email: "eva@example.com")
        #expect(harness.register("eva@example.com", name: "Mallory").status == 202)
        #expect(harness.login("eva@example.com").status == 401)
        #expect(try harness.count("SELECT COUNT(*) FROM credentials") == 0)
        let token = try #require(try harness.links(of: "eva@example.com").first)
        #expect(harness.confirm(token).status == 200)
        #expect(try harness.service.count == 1)
        #expect(harness.client.get("/admin/customers/find-one/\(id)").data["name"]?.string == "eva")
        #expect(harness.login("eva@example.com").claims["customer_id"] == .integer(id))
    }

    @Test func `where there is an account no link is made, and its password stays`() throws {
        let harness = try AccountHarness()
        try harness.account("ana@example.com")
        #expect(harness.register("ana@example.com", password: "another password").status == 202)
        #expect(try harness.links(of: "ana@example.com") == [])
        #expect(harness.login().status == 200)
        #expect(harness.login("ana@example.com", "another password").status == 401)
    }

    @Test func `a link works once`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        let token = try #require(try harness.links(of: "ana@example.com").first)
        #expect(harness.confirm(token).status == 200)
        #expect(harness.confirm(token).code == "invalid-link")
        #expect(harness.client.get("/api/v1/auth/confirm?token=\(token)").code == "invalid-link")
        #expect(try harness.service.count == 1)
    }

    @Test func `of several links the first that is followed counts, with its own password`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com", name: "Ana 1", password: "first password")
        _ = harness.register("ANA@example.com", name: "Ana 2", password: "second password")
        let links = try harness.links(of: "ana@example.com")
        #expect(Set(links).count == 2)
        for link in links { #expect(harness.client.get("/api/v1/auth/confirm?token=\(link)").status == 200) }
        #expect(harness.confirm(links[1]).status == 200)
        #expect(harness.confirm(links[0]).code == "invalid-link")
        #expect(harness.login("ana@example.com", "first password").status == 200)
        #expect(harness.login("ana@example.com", "second password").status == 401)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == 0)
    }

    @Test func `a link that was mailed before the account was there does not change it`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com", password: "first password")
        let early = try #require(try harness.links(of: "ana@example.com").first)
        // An operator gives the address of an account to another customer, and back.
        try harness.account("other@example.com")
        try harness.database.change("UPDATE customers SET email = 'ana@example.com'")
        #expect(harness.confirm(early).code == "invalid-link")
        #expect(harness.login("ana@example.com").status == 200)
        #expect(harness.login("ana@example.com", "first password").status == 401)
    }

    @Test func `a link expires an hour after its mail, and is swept away`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        let token = try #require(try harness.links(of: "ana@example.com").first)
        try harness.database.change("UPDATE registrations SET expires_at = expires_at - INTERVAL 3601 SECOND")
        #expect(harness.client.get("/api/v1/auth/confirm?token=\(token)").code == "invalid-link")
        #expect(harness.confirm(token).code == "invalid-link")
        #expect(try harness.service.count == 0)
        #expect(try harness.accounts.sweep.run(by: .after(milliseconds: 20_000)) >= 1)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == 0)
    }

    @Test func `a registration whose mail waits for longer than a link holds is not swept away`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        try harness.database.change("UPDATE registrations SET expires_at = expires_at - INTERVAL 1 DAY")
        _ = try harness.accounts.sweep.run(by: .after(milliseconds: 20_000))
        let token = try #require(try harness.links(of: "ana@example.com").first)
        #expect(harness.confirm(token).status == 200)
    }

    @Test(arguments: ["", "?token=", "?token=x", "?token=QmFzZTY0VVJMLW9mLTMyLWJ5dGVzLW5vYm9keS1rbm8"])
    func `what is no link is none`(query: String) throws {
        let harness = try AccountHarness()
        #expect(harness.client.get("/api/v1/auth/confirm\(query)").code == "invalid-link")
        #expect(harness.client.post("/api/v1/auth/confirm\(query)").code == "invalid-link")
    }

    @Test func `one link followed by many at once makes one account`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        let token = try #require(try harness.links(of: "ana@example.com").first)
        let codes = try inParallel(6) { _ in harness.confirm(token).status }
        #expect(codes.sorted() == [200, 404, 404, 404, 404, 404])
        #expect(try harness.count("SELECT COUNT(*) FROM credentials") == 1)
        #expect(try harness.service.count == 1)
    }

    @Test func `several links of one address followed at once make one account`() throws {
        let harness = try AccountHarness()
        for number in 1...3 { _ = harness.register("ana@example.com", password: "password \(number)") }
        let links = try harness.links(of: "ana@example.com")
        #expect(links.count == 3)
        let statuses = try inParallel(3) { harness.confirm(links[$0]).status }
        #expect(statuses.sorted() == [200, 404, 404])
        #expect(try harness.service.count == 1)
        let logins = (1...3).map { harness.login("ana@example.com", "password \($0)").status }
        #expect(logins.count { $0 == 200 } == 1, "\(logins)")
    }

    @Test func `an operator who makes the customer at the same time is heard, too`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        let token = try #require(try harness.links(of: "ana@example.com").first)
        let statuses = try inParallel(2) { number in
            number == 0 ? harness.confirm(token).status : harness.service.create("ana").status
        }
        #expect(statuses[0] == 200 && [201, 409].contains(statuses[1]), "\(statuses)")
        #expect(try harness.service.count == 1)
        #expect(harness.login().status == 200)
    }

    @Test func `an address gets 3 mails, and then one in 20 minutes, which nobody is told`() throws {
        let harness = try AccountHarness()
        for number in 1...5 {
            #expect(harness.register("ana@example.com", from: "198.51.100.\(number)").status == 202)
        }
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == 3)
        #expect(harness.register("eva@example.com").status == 202)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == 4)
        try harness.database.change("UPDATE guesses SET free_at = free_at - INTERVAL 1200 SECOND")
        #expect(harness.register("ana@example.com").status == 202)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == 5)
    }

    @Test func `one client registers 10 at once, and then one a minute`() throws {
        let harness = try AccountHarness()
        for number in 1...10 { #expect(harness.register("ana\(number)@example.com").status == 202) }
        let before = harness.hashingCount
        let refused = harness.register("ana@example.com")
        #expect(refused.code == "too-many-attempts", "\(refused)")
        #expect(1...60 ~= Int(refused.headers["Retry-After"] ?? "") ?? 0)
        #expect(harness.hashingCount == before, "What is refused costs nothing.")
        #expect(harness.register("ana@example.com", from: "198.51.100.2").status == 202)
    }

    @Test func `10,000 registrations that wait are enough`() throws {
        let harness = try AccountHarness()
        try harness.database.change(
            """
            INSERT INTO registrations (id, email, name, phone, password_hash, language, created_at, expires_at)
            SELECT UNHEX(MD5(seq)), CONCAT(seq, '@example.com'), 'x', '123', 'x', 'en', UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL 1 HOUR FROM seq_1_to_10000
            """)
        let full = harness.register("ana@example.com")
        #expect(full.code == "registrations-full" && full.headers["Retry-After"] == "60", "\(full)")
        try harness.database.change("DELETE FROM registrations LIMIT 1")
        #expect(harness.register("ana@example.com").status == 202)
    }

    @Test func `all mistakes of a body are told at once, and none repeats a password`() throws {
        let harness = try AccountHarness()
        let short = harness.client.post(
            "/api/v1/auth/register",
            #"{"name":" ","email":"a..b@example.com","password":"seven77","language":"fr"}"#)
        #expect(
            short.violations == [
                "/name format", "/email format", "/phone required", "/password length", "/language unknown-value",
            ], "\(short)")
        #expect(!short.description.contains("seven77"))
        let long = String(repeating: "é", count: 129)
        #expect(harness.register("ana@example.com", password: long).violations == ["/password length"])
        #expect(harness.register("ana@example.com", password: String(long.dropLast())).status == 202)
        #expect(harness.client.post("/api/v1/auth/register", "{").code == "malformed-json")
        #expect(harness.client.post("/api/v1/auth/register", "[]").code == "body-not-object")
        let text = harness.client.with("Content-Type", "text/plain").post("/api/v1/auth/register", "{}")
        #expect(text.code == "unsupported-media-type")
    }

    @Test func `the database has neither passwords nor tokens`() throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@example.com")
        let link = try #require(try harness.links(of: "ana@example.com").first)
        let hash = try harness.database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SELECT password_hash, HEX(token_digest) AS digest FROM registrations") {
                (row) throws(DatabaseError) in try row.string("password_hash") + row.string("digest")
            }
        }
        let stored = try #require(hash)
        #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(!stored.contains(link) && !stored.contains(AccountHarness.password))
        #expect("\(String(reflecting: LinkToken(link))) \(Password("hidden"))" == "Optional(LinkToken) Password")
    }
}
