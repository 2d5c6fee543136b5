import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Testing

@testable import CustomersAPI

@Suite(.blocking) struct SessionTests {
    @Test func `each use of a refresh token gives the next one and another access token`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        var reply = harness.login()
        var seen: Set = [reply.refreshToken]
        for _ in 1...5 {
            reply = harness.refresh(reply.refreshToken)
            #expect(reply.status == 200 && reply.claims["customer_id"] == .integer(id), "\(reply)")
            #expect(seen.insert(reply.refreshToken).inserted)
        }
        #expect(try harness.count("SELECT COUNT(*) FROM sessions") == 1)
    }

    @Test func `a token that is used a second time ends the session, for whoever has the newest one, too`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let other = harness.login()
        let first = harness.login().refreshToken
        let second = harness.refresh(first).refreshToken
        let third = harness.refresh(second).refreshToken
        let reuse = harness.refresh(first)
        #expect(reuse.status == 401 && reuse.code == "invalid-refresh-token", "\(reuse)")
        #expect(reuse.headers["WWW-Authenticate"] == "Bearer")
        #expect(harness.refresh(third).code == "invalid-refresh-token")
        #expect(harness.refresh(other.refreshToken).status == 200, "Another session is another's.")
    }

    @Test func `who repeats a request whose answer was lost gets the same token again, for 10 seconds`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let first = harness.login().refreshToken
        let second = harness.refresh(first).refreshToken
        #expect(harness.refresh(first).refreshToken == second)
        try harness.letSessionsAge(seconds: 9)
        #expect(harness.refresh(first).refreshToken == second)
        let third = harness.refresh(second)
        #expect(third.status == 200)
        #expect(harness.refresh(first).status == 401, "Its successor has been used.")
        #expect(harness.refresh(third.refreshToken).status == 401)
    }

    @Test func `after 10 seconds a repetition is a second use`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let first = harness.login().refreshToken
        let second = harness.refresh(first).refreshToken
        try harness.letSessionsAge(seconds: 11)
        #expect(harness.refresh(first).status == 401)
        #expect(harness.refresh(second).status == 401)
    }

    @Test func `one token used by many at once gives all of them the same successor`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let first = harness.login().refreshToken
        let replies = try inParallel(6) { _ in harness.refresh(first) }
        #expect(Set(replies.map(\.status)) == [200])
        #expect(Set(replies.map(\.refreshToken)).count == 1)
        #expect(harness.refresh(replies[0].refreshToken).status == 200)
    }

    @Test func `a token that only names a session gets nothing, and ends it`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let first = harness.login().refreshToken
        let forged = first.dropLast(4) + "AAAA"
        #expect(harness.refresh(String(forged)).status == 401)
        #expect(harness.refresh(first).status == 401)
        for text in ["x", String(repeating: "A", count: 64), first + "A"] {
            #expect(harness.refresh(text).code == "invalid-refresh-token")
        }
    }

    @Test func `a logout ends the session, and says the same where there is none`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let first = harness.login().refreshToken
        let second = harness.refresh(first).refreshToken
        let out = harness.logout(first)
        #expect(out.status == 200)
        #expect(harness.refresh(second).status == 401)
        for text in [second, "x", String(repeating: "A", count: 64)] {
            #expect(harness.logout(text).withoutTrace == out.withoutTrace)
        }
    }

    @Test func `a customer who is deactivated gets no more tokens, and logs in anew afterwards`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        let token = harness.login().refreshToken
        #expect(harness.client.patch("/admin/customers/logic-delete/\(id)").status == 200)
        #expect(harness.refresh(token).code == "account-inactive")
        #expect(harness.client.patch("/admin/customers/update/\(id)", #"{"is_active":true}"#).status == 200)
        #expect(harness.refresh(token).code == "invalid-refresh-token")
        #expect(harness.login().status == 200)
    }

    @Test func `a session ends when it is not used for long, and 90 days after its login in any case`() throws {
        let harness = try AccountHarness(["JWT_REFRESH_EXPIRES_IN": "2d"])
        try harness.account()
        let unused = harness.login().refreshToken
        try harness.letSessionsAge(seconds: 2 * 86_400 + 1)
        #expect(harness.refresh(unused).status == 401)
        var token = harness.login().refreshToken
        var days = 0
        while days < 100 {
            let reply = harness.refresh(token)
            guard reply.status == 200 else { break }
            token = reply.refreshToken
            try harness.letSessionsAge(seconds: 86_400)
            days += 1
        }
        #expect(days == 90)
    }

    @Test func `an account has 10 sessions, of which the oldest gives way`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let tokens = (1...12).map { _ in harness.login().refreshToken }
        #expect(try harness.count("SELECT COUNT(*) FROM sessions") == 10)
        #expect(harness.refresh(tokens[1]).status == 401)
        #expect(harness.refresh(tokens[2]).status == 200)
        let more = try inParallel(8) { _ in harness.login().status }
        #expect(more.filter { $0 == 200 }.count >= 2, "\(more)")
        #expect(try harness.count("SELECT COUNT(*) FROM sessions") == 10)
    }

    @Test func `what has expired is swept away, in steps`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        _ = harness.login()
        _ = harness.login("nobody@example.com")
        try harness.database.change(
            """
            INSERT INTO sessions (id, customer_id, token_digest, created_at, expires_at)
            SELECT UNHEX(MD5(seq)), \(id), UNHEX(SHA2(seq, 256)), '2020-01-01', '2020-01-08' FROM seq_1_to_1200
            """)
        try harness.database.change("UPDATE known_addresses SET seen_at = seen_at - INTERVAL 91 DAY")
        try harness.database.change("UPDATE guesses SET free_at = free_at - INTERVAL 1 DAY")
        #expect(try harness.accounts.sweep.run(by: .after(milliseconds: 20_000)) > 1200)
        #expect(try harness.count("SELECT COUNT(*) FROM sessions") == 1)
        #expect(try harness.count("SELECT COUNT(*) FROM known_addresses") == 0)
        #expect(try harness.count("SELECT COUNT(*) FROM guesses") == 0)
        #expect(try harness.accounts.sweep.run(by: .after(milliseconds: 20_000)) == 0)
    }

    @Test func `an account has 20 addresses that are known`() throws {
        let harness = try AccountHarness()
        try harness.account()
        for number in 1...23 {
            // Each from another address counts against the account until it has succeeded.
            #expect(harness.login(from: "203.0.113.\(number)").status == 200)
        }
        #expect(try harness.count("SELECT COUNT(*) FROM known_addresses") == 20)
    }
}
