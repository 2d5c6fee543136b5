import BlockingTesting
import Concurrency
import ConcurrencyTesting
import DatabaseTesting
import Foundation
import JSON
import MySQL
import ScriptedServer
import ServiceTesting
import Settings
import SystemTesting
import Testing

@testable import Notifier

/// Mail to the customer of each order.
@Suite(.blocking) struct CustomerMailTests {
    private static let endpoint = #"{"channel":"mail","to":"customer"}"#

    @Test func `mail goes to the order's customer, and what is stored or logged does not tell who that is`() throws {
        let (mail, customers, feed) = (try RunningMail(), try RunningCustomers(), try ScriptedFeed())
        let harness = try ServiceHarness(
            mail.settings.merging(["CUSTOMERS_API_BASE": customers.url, "ORDERS_API_BASE": feed.url]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        let ana = try customers.add("Ana Torres", "ana.torres@customer.example")
        let named = try customers.add("Eva Mora", "named@mora.example")
        let process = try ServiceProcess(
            "Notifier", environment: harness.environment.merging(["LOG_LEVEL": "debug"]) { $1 })
        defer { process.end() }
        _ = try process.waitForPort()
        feed.add(wholeEventJSON(1, order: 17, customer: ana))
        feed.add(wholeEventJSON(2, order: 18, customer: named))
        #expect(comesTrue { (try? harness.states()) == ["DELIVERED", "DEAD"] })
        let message = try mail.read()
        #expect(message["recipients"] == .array([.string("ana.torres@customer.example")]))
        #expect(message["headers"]?["to"] == .string("ana.torres@customer.example"))
        #expect(message["text"]?.string?.contains("Ana") == false)
        #expect(harness.attempts(2).outcomes == ["rejected 550"])
        #expect(harness.attempts(2).replies == ["The mail was refused: 550 5.1.1."])
        #expect(harness.client.get("/admin/webhooks/find-one/1").data["failing_since"] == .null)
        process.signal(SIGTERM)
        #expect(try process.waitForExit() == 0)
        let dump = try harness.dump()
        #expect(dump.contains(eventID(1)) && dump.contains("rejected"))
        for text in ["ana.torres", "customer.example", "Torres", "mora.example", "Mora", "555-12"] {
            #expect(!dump.contains(text), "\(text)")
            #expect(!process.text.contains(text), "\(text)")
        }
    }

    @Test func `an outage of those who know the addresses shows, and takes no instance away`() throws {
        let mail = try RunningMail()
        let harness = try ServiceHarness(mail.settings.merging(["CUSTOMERS_API_BASE": "http://127.0.0.1:1"]) { $1 })
        let checks = harness.client.with(token: TestTokens.service).get("/health/detailed").json["checks"]?.array
        let check = try #require(checks?.first { $0["name"] == .string("customers-api") }, "\(checks ?? [])")
        #expect(check["status"] == .string("fail") && check["circuit"] == .string("closed"))
        #expect(harness.client.get("/health/ready").status == 200)
        let others = try ServiceHarness().client.with(token: TestTokens.service).get("/health/detailed")
        #expect(others.status == 200 && !"\(others.json)".contains("customers-api"), "Nobody is to get mail.")
    }

    @Test
    func `a customer who is not there, or was deactivated, makes a delivery dead at once, and no endpoint failing`()
        throws
    {
        let (mail, customers) = (try RunningMail(), try RunningCustomers())
        let harness = try ServiceHarness(mail.settings.merging(["CUSTOMERS_API_BASE": customers.url]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        let gone = try customers.add("Ana", "ana@customer.example")
        let eva = try customers.add("Eva", "eva@customer.example")
        customers.deactivate(gone)
        harness.start()
        try harness.take([
            try wholeEvent(1, order: 1, customer: gone), try wholeEvent(2, order: 2, customer: 999),
            try event(3, order: 3, type: "order.created"), try wholeEvent(4, order: 4, customer: eva),
        ])
        try harness.waitUntilDelivered()
        #expect(harness.attempts(1).outcomes == ["customer-inactive"])
        #expect(harness.attempts(2).outcomes == ["customer-unknown"])
        #expect(harness.attempts(1).replies == ["The customer was deactivated."])
        #expect(try harness.states() == ["DEAD", "DEAD", "DEAD", "DELIVERED"])
        #expect(harness.client.get("/admin/webhooks/find-one/1").data["failing_since"] == .null)
        #expect(try mail.read()["recipients"] == .array([.string("eva@customer.example")]))
    }

    @Test(arguments: [
        ("named@mora.example", "rejected 550", "The mail was refused: 550 5.1.1.", false),
        ("named-only@mora.example", "rejected 550", "The mail was refused: 550 (its text is not kept).", false),
        ("greylisted@mora.example", "refused 450", "The mail was not taken now: 450 4.2.0.", false),
        ("relaying@mora.example", "rejected 554", "The mail was refused: 554 5.7.1.", true),
        ("closing@mora.example", "refused 421", "The mail was not taken now: 421 4.3.2.", true),
    ])
    func `a mailbox is one customer's, and what a server says of itself is the endpoint's`(
        _ address: String, _ outcome: String, _ reply: String, _ isOfEndpoint: Bool
    ) throws {
        let (mail, customers) = (try RunningMail(), try RunningCustomers())
        let harness = try ServiceHarness(
            mail.settings.merging(["CUSTOMERS_API_BASE": customers.url, "WEBHOOK_RETRY_SECONDS": "0"]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        let eva = try customers.add("Eva", address)
        harness.start()
        try harness.take([try wholeEvent(1, order: 1, customer: eva)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == [outcome] && harness.attempts().replies == [reply])
        let failing = harness.client.get("/admin/webhooks/find-one/1").data["failing_since"]?.string
        #expect((failing != nil) == isOfEndpoint)
        #expect(try !harness.dump().contains("mora.example"))
    }

    @Test func `a Customers API that says nothing is waited for three seconds`() throws {
        let mail = try RunningMail()
        let customers = try ScriptedServer { $0.waitForEnd() }
        defer { customers.stop() }
        let harness = try ServiceHarness(
            mail.settings.merging(["CUSTOMERS_API_BASE": customers.url, "WEBHOOK_RETRY_SECONDS": "0"]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["customers-unavailable"])
        #expect(harness.attempts().replies == ["The Customers API did not answer in time."])
        #expect(2000...6000 ~= (try harness.count("SELECT duration_ms FROM attempts")))
        #expect(harness.client.get("/admin/webhooks/find-one/1").data["failing_since"] == .null)
    }

    @Test func `while the Customers API is away mail waits, and its endpoint is not disabled for it`() throws {
        let mail = try RunningMail()
        let isUp = Observed(false)
        let asked = Observed<[String]>([])
        let customers = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                asked.change { $0.append("\(request.line) \(request.header("authorization") ?? "")") }
                if isUp.value {
                    connection.reply(
                        "200 OK",
                        body:
                            #"{"data":{"id":3,"name":"A","email":"a@customer.example","phone":"1","is_active":true}}"#)
                } else {
                    connection.reply("500 Broken", body: "a@customer.example")
                }
            }
        }
        defer { customers.stop() }
        let harness = try ServiceHarness(
            mail.settings.merging([
                "CUSTOMERS_API_BASE": customers.url, "WEBHOOK_RETRY_SECONDS": "0,1,1,1,1,1,1,1,1,1,1,1,1",
            ]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        harness.start()
        try harness.take([try wholeEvent(1, order: 17)])
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM attempts")) == 1 })
        #expect(try harness.count("SELECT COUNT(*) FROM endpoints WHERE failing_since IS NOT NULL") == 0)
        isUp.change { $0 = true }
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes.first == "customers-unavailable")
        #expect(harness.attempts().outcomes.last == "delivered")
        #expect(harness.attempts().replies.first == "The Customers API answered 500.")
        #expect(
            asked.value.first
                == "GET /admin/customers/internal/customers/3 HTTP/1.1 Bearer \(TestTokens.service)")
        #expect(try !harness.dump().contains("a@customer.example"))
    }

    @Test func `a Customers API that fails is left alone, and mail goes out when it is back`() throws {
        let mail = try RunningMail()
        let (isUp, count) = (Lock(false), Lock(0))
        let customers = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                count.withLock { $0 += 1 }
                connection.reply(
                    isUp.withLock { $0 } ? "200 OK" : "500 Broken",
                    body: #"{"data":{"id":3,"name":"A","email":"a@customer.example","phone":"1","is_active":true}}"#)
            }
        }
        defer { customers.stop() }
        let harness = try ServiceHarness(
            mail.settings.merging([
                "CUSTOMERS_API_BASE": customers.url, "CUSTOMERS_CIRCUIT_CALLS_MIN": "2",
                "CUSTOMERS_CIRCUIT_OPEN_MS": "3000",
                "WEBHOOK_RETRY_SECONDS": "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
            ]) { $1 })
        try harness.endpoint(body: Self.endpoint)
        harness.start()
        try harness.take(try (1...4).map { try wholeEvent($0, order: $0) })
        let keptBack: SQL = "SELECT COUNT(*) FROM attempts WHERE reply LIKE '%is left alone%'"
        #expect(comesTrue { (try? harness.count(keptBack)) ?? 0 > 0 })
        // Two open it, as many more may have been under way, and each pause ends with at most one round of probes.
        #expect(count.withLock { $0 } <= 7)
        isUp.withLock { $0 = true }
        try harness.waitUntilDelivered(withinMilliseconds: 60_000)
        #expect(try harness.states() == Array(repeating: "DELIVERED", count: 4))
    }
}

extension ServiceHarness {
    /// All that the tables hold, as text.
    func dump() throws -> String {
        try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            let names = try session.query("SHOW TABLES") { (row) throws(DatabaseError) in try row.string(0) }
            var text = ""
            for name in names.compactMap(SQLIdentifier.init) {
                let rows = try session.query("SELECT * FROM \(name)") { (row) throws(DatabaseError) in
                    try row.columnNames.indices.map { (index) throws(DatabaseError) in
                        switch try row.value(.position(index)) {
                        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
                        case .text(let text): text
                        default: ""
                        }
                    }.joined(separator: "|")
                }
                text += "\(name.name): \(rows.joined(separator: "\n"))\n"
            }
            return text
        }
    }
}
