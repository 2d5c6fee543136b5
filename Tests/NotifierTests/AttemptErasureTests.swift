import BlockingTesting
import CustomerErasures
import DatabaseTesting
import MySQL
import ServiceTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct AttemptErasureTests {
    /// A receiver that answers with what it knows of the customer.
    private struct TellingChannel: DeliveryChannel {
        func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult {
            SendResult(.rejected, status: 400, "Ana Torres, ana@customer.example")
        }
    }

    @Test func `what receivers answered to a customer's events is erased, and that they answered is not`() throws {
        let customers = try RunningCustomers()
        let harness = try ServiceHarness(["CUSTOMERS_API_BASE": customers.url], channel: TellingChannel())
        for number in 1...3 { try harness.endpoint("http://127.0.0.1:\(2000 + number)/hook") }
        let ana = try customers.add("Ana Torres", "ana@customer.example")
        let eva = try customers.add("Eva", "eva@customer.example")
        harness.start()
        try harness.take([wholeEvent(1, order: 17, customer: ana), wholeEvent(2, order: 18, customer: eva)])
        try harness.waitUntilDelivered()
        #expect(try harness.database.stored(["ana@customer.example"]).count == 6)
        customers.erase(ana)
        harness.app.erasures.run(graceSeconds: 0)
        #expect(try harness.database.stored(["ana@customer.example"]).count == 3, "Those of Eva's order.")
        #expect(try harness.count("SELECT COUNT(*) FROM attempts WHERE reply = '' AND status = 400") == 3)
        #expect(try harness.count("SELECT COUNT(*) FROM customer_erasures WHERE run_at IS NULL") == 1)
    }

    @Test func `mail to an erased customer is not sent any more`() throws {
        let (mail, customers) = (try RunningMail(), try RunningCustomers())
        let harness = try ServiceHarness(mail.settings.merging(["CUSTOMERS_API_BASE": customers.url]) { $1 })
        try harness.endpoint(body: #"{"channel":"mail","to":"customer"}"#)
        let ana = try customers.add("Ana Torres", "ana@customer.example")
        customers.erase(ana)
        try harness.take([wholeEvent(1, order: 17, customer: ana)])
        harness.start()
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["customer-inactive"])
    }
}
