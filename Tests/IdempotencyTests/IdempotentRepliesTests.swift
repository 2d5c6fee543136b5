import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
@testable import Idempotency
import JSON
import MySQL
import ServiceTesting
import Testing
import WebApplication

@Suite(.blocking) struct IdempotentRepliesTests {
    @Test func `the effect and its key commit together, once`() throws {
        let ledger = try Ledger()
        let first = ledger.enter(try claim("key-1"))
        #expect(first.status == 201, "\(first)")
        #expect(!first.isReplay)
        let second = ledger.enter(try claim("key-1"))
        #expect(second.status == 201)
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Location"] == first.headers["Location"])
        #expect(try ledger.entryCount == 1)
        #expect(try ledger.keyCount == 1)
    }

    @Test func `without a key each request has its effect`() throws {
        let ledger = try Ledger()
        #expect(ledger.enter(nil).status == 201)
        #expect(ledger.enter(nil).status == 201)
        #expect(try ledger.entryCount == 2)
        #expect(try ledger.keyCount == 0)
    }

    @Test func `one key serves once for each operation and each resource`() throws {
        let ledger = try Ledger()
        for claim in [
            try claim("k"), try claim("K"), try claim("k", operation: "other"), try claim("k", resourceID: 1),
            try claim("k", resourceID: 2), try claim("kk"),
        ] {
            #expect(!ledger.enter(claim).isReplay)
            #expect(ledger.enter(claim).isReplay)
        }
        #expect(try ledger.entryCount == 6)
    }

    @Test func `a final refusal is kept without its effect, and repeated`() throws {
        let ledger = try Ledger()
        var full = Problem(ProblemType(.conflict, "full", "Full", isFinal: true), detail: "No more.")
        full.extensions = [("room", .integer(0))]
        let first = ledger.enter(try claim("key-1"), failure: full)
        #expect(first.status == 409)
        #expect(try ledger.entryCount == 0)
        let second = ledger.enter(try claim("key-1"))
        #expect(second.status == 409)
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Content-Type"] == "application/problem+json")
        #expect(try ledger.entryCount == 0)
    }

    @Test(arguments: [
        Problem.validationFailed([]), .deadlineExceeded, .notReady("Later."),
        Problem(ProblemType(.tooManyRequests, "too-many", "Too many"), detail: "Later."),
        Problem(ProblemType(.notFound, "gone", "Gone", isFinal: true), detail: "A node lags, perhaps."),
        Problem(ProblemType(.preconditionFailed, "old", "Old", isFinal: true), detail: "Another version."),
    ])
    func `a refusal that may pass leaves the key unused`(problem: Problem) throws {
        let ledger = try Ledger()
        #expect(ledger.enter(try claim("key-1"), failure: problem).code == problem.code)
        #expect(try ledger.keyCount == 0)
        let reply = ledger.enter(try claim("key-1"))
        #expect(reply.status == 201)
        #expect(!reply.isReplay)
    }

    @Test func `a repetition waits for the first to end, and gets its answer`() throws {
        let ledger = try Ledger()
        let isHeld = Observed(false)
        let mayEnd = Observed(false)
        let key = try claim("key-1")
        let holder = Thread.start {
            let reply = ledger.enter(key) {
                isHeld.change { $0 = true }
                mayEnd.wait { $0 }
            }
            if reply.status != 201 { Issue.record("\(reply)") }
        }
        #expect(isHeld.wait { $0 })
        let second = Lock<Reply?>(nil)
        let waiter = Thread.start {
            let reply = ledger.enter(key)
            second.withLock { $0 = reply }
        }
        #expect(try eventually { try ledger.database.lockWaits() > 0 })
        mayEnd.change { $0 = true }
        try #require(holder).join()
        try #require(waiter).join()
        let reply = try #require(second.withLock { $0 })
        #expect(reply.status == 201, "\(reply)")
        #expect(reply.isReplay)
        #expect(try ledger.entryCount == 1)
    }

    @Test func `a repetition that has waited long enough is told to come back`() throws {
        let ledger = try Ledger { $0.lockWaitTimeoutSeconds = 1 }
        let isHeld = Observed(false)
        let mayEnd = Observed(false)
        let key = try claim("key-1")
        let holder = Thread.start {
            _ = ledger.enter(key, timeoutMilliseconds: 60_000) {
                isHeld.change { $0 = true }
                mayEnd.wait { $0 }
            }
        }
        #expect(isHeld.wait { $0 })
        let reply = ledger.enter(key, timeoutMilliseconds: 5000)
        #expect(reply.status == 409, "\(reply)")
        #expect(reply.code == "idempotency-key-in-use")
        #expect(reply.headers["Retry-After"] == "1")
        #expect(reply.json["retryable"] == .bool(true))
        mayEnd.change { $0 = true }
        try #require(holder).join()
        #expect(ledger.enter(key).isReplay)
        #expect(try ledger.entryCount == 1)
    }

    @Test func `many at once under one key have one effect`() throws {
        let ledger = try Ledger()
        let key = try claim("key-1")
        let replies = try inParallel(20) { _ in ledger.enter(key) }
        #expect(replies.filter { $0.status == 201 && !$0.isReplay }.count == 1, "\(replies)")
        #expect(replies.allSatisfy { $0.status == 201 || $0.code == "idempotency-key-in-use" }, "\(replies)")
        #expect(try ledger.entryCount == 1)
    }

    @Test func `a reply of a megabyte is kept whole`() throws {
        let ledger = try Ledger()
        let body = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let key = try claim("key-1")
        try ledger.database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<LedgerError>) throws(LedgerError) in
            try ledger.store.record(key, StoredReply(status: 200, body: body), in: transaction)
        }
        let reply = ledger.enter(key)
        #expect(reply.isReplay)
        // Outside of the macro, which would work for minutes on how a million bytes differ.
        let isWhole = reply.body == body
        #expect(isWhole)
        #expect(reply.headers["Location"] == nil)
    }
}
