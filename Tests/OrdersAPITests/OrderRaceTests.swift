import BlockingTesting
import JSON
import MySQL
@testable import OrdersAPI
import SeededRandom
import ServiceTesting
import Testing

@Suite(.blocking) struct OrderRaceTests {
    private let customers: RunningCustomers

    init() throws { customers = try RunningCustomers() }

    private func harness(hasCancelWindow: Bool) throws -> ServiceHarness {
        try ServiceHarness(customers: customers.url, hasCancelWindow ? [:] : ["CANCEL_WINDOW_MINUTES": "0"])
    }

    /// An order of one piece of a product of its own, of which there are ten, made longer ago than a reservation lasts.
    private func abandonedOrder(_ harness: ServiceHarness, _ name: String) throws -> (id: Int64, product: Int64) {
        let product = try harness.product(name)
        let reply = harness.order(customers.ana, [(product, 1)])
        try #require(reply.status == 201, "\(reply)")
        try harness.database.change(
            "UPDATE orders SET created_at = created_at - INTERVAL 16 MINUTE WHERE id = \(reply.id)")
        return (reply.id, product)
    }

    @Test(arguments: [true, false])
    func `two who have both begun end as if one had come after the other`(hasCancelWindow: Bool) throws {
        let harness = try harness(hasCancelWindow: hasCancelWindow)
        for first in OrderRace.Actor.allCases {
            for second in OrderRace.Actor.allCases where second != first {
                let race = OrderRace(actors: [first, second], harness: harness, hasCancelWindow: hasCancelWindow)
                let (id, product) = try abandonedOrder(harness, "\(first)-\(second)")
                let ending = try race.runBehindLock(id, of: product)
                #expect(race.allowed.contains(ending), "\(race.actors): \(ending), allowed: \(race.allowed)")
                // So that the next sweep finds its own order only.
                #expect([200, 409].contains(harness.cancel(id).status))
            }
        }
    }

    @Test(arguments: [true, false])
    func `any who act on one order at once end as if one had come after the other`(hasCancelWindow: Bool) throws {
        let harness = try harness(hasCancelWindow: hasCancelWindow)
        var random = SeededRandom("races for an order")
        for round in 0..<40 {
            let actors = OrderRace.Actor.allCases.shuffled(using: &random)
                .prefix(Int.random(in: 2...4, using: &random))
            let race = OrderRace(actors: Array(actors), harness: harness, hasCancelWindow: hasCancelWindow)
            let (id, product) = try abandonedOrder(harness, "round-\(round)")
            let ending = try race.runAtOnce(id, of: product)
            #expect(race.allowed.contains(ending), "\(race.actors): \(ending), allowed: \(race.allowed)")
            #expect([200, 409].contains(harness.cancel(id).status))
        }
    }

    @Test func `the model allows one winner, and tells each loser why`() throws {
        let harness = try harness(hasCancelWindow: false)
        let race = OrderRace(actors: [.confirm, .cancel, .sweep], harness: harness, hasCancelWindow: false)
        #expect(
            Set(race.allowed.map(\.description)) == [
                "200, 409order-not-cancelable, swept 0 → CONFIRMED, 9",
                "409order-not-confirmable, 200, swept 0 → CANCELED, 10",
                "409order-expired, 200, swept 1 → CANCELED, 10",
            ])
    }
}
