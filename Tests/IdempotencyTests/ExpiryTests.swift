import BlockingTesting
import Concurrency
@testable import IdempotentReplies
import MySQL
import ServiceTesting
import Telemetry
import Testing

@Suite(.blocking) struct ExpiryTests {
    @Test func `an expired key serves anew, whatever it was used for`() throws {
        let ledger = try Ledger()
        #expect(ledger.enter(try claim("key-1")).status == 201)
        try ledger.database.change(
            "UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00', fingerprint = REPEAT('x', 32)")
        let reply = ledger.enter(try claim("key-1"))
        #expect(reply.status == 201, "\(reply)")
        #expect(!reply.isReplay)
        #expect(ledger.enter(try claim("key-1")).isReplay)
        #expect(try ledger.entryCount == 2)
        #expect(try ledger.keyCount == 1)
    }

    @Test func `a key lives exactly as long as it is set to`() throws {
        let ledger = try Ledger(retentionHours: 72)
        _ = ledger.enter(try claim("key-1"))
        let seconds = try ledger.database.number(
            "SELECT TIMESTAMPDIFF(SECOND, created_at, expires_at) FROM idempotency_keys")
        #expect(seconds == 259_200)
    }

    @Test func `the sweep removes every expired key and no other`() throws {
        let ledger = try Ledger()
        for number in 0..<40 { _ = ledger.enter(try claim("key-\(number)")) }
        for number in 0..<5 {
            try ledger.database.change(
                """
                INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, response_body, created_at, expires_at)
                SELECT CONCAT('copy-', \(number), scope), CONCAT(idempotency_key, created_at), fingerprint, status_code,
                    response_body, created_at, expires_at FROM idempotency_keys
                """)
        }
        let all = try ledger.keyCount
        #expect(all == 1280, "More than the sweep takes at a time.")
        try ledger.database.change(
            "UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00' WHERE scope <> 'enter'")
        #expect(try ledger.replies.removeExpired(by: .after(milliseconds: 20_000)) == 1240)
        #expect(try ledger.keyCount == 40)
        #expect(try ledger.replies.removeExpired(by: .after(milliseconds: 20_000)) == 0)
        #expect(ledger.enter(try claim("key-7")).isReplay)
    }

    @Test func `the sweep runs in the background as a worker, and as often as it is asked to`() throws {
        let ledger = try Ledger()
        let sweep = ledger.replies.sweep(Logger(service: "tests", level: .error), Metrics())
        for number in 0..<2 {
            _ = ledger.enter(try claim("key-\(number)"))
            try ledger.database.change("UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00'")
            #expect(sweep.runOnce() != nil)
            #expect(try ledger.keyCount == 0)
        }
    }

    @Test func `a sweep that is told to stop removes nothing more`() throws {
        let ledger = try Ledger()
        _ = ledger.enter(try claim("key-1"))
        try ledger.database.change("UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00'")
        #expect(try ledger.replies.removeExpired(by: .after(milliseconds: 20_000), StopToken { true }) == 0)
        #expect(try ledger.keyCount == 1)
    }

    @Test func `a sweep without time removes nothing`() throws {
        let ledger = try Ledger()
        _ = ledger.enter(try claim("key-1"))
        try ledger.database.change("UPDATE idempotency_keys SET expires_at = '2000-01-01 00:00:00'")
        #expect(try ledger.replies.removeExpired(by: .after(milliseconds: 0)) == 0)
        #expect(try ledger.keyCount == 1)
    }
}
