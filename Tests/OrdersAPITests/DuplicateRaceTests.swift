import BlockingTesting
import JSON
import MySQL
import ServiceTesting
import Testing

/// Copies of requests under few keys, where not all keys can have what they ask for.
@Suite(.blocking) struct DuplicateRaceTests {
    private let customers: RunningCustomers
    private let harness: ServiceHarness

    init() throws {
        customers = try RunningCustomers()
        harness = try ServiceHarness(customers: customers.url)
    }

    @Test func `of two keys that race for the last pieces in many copies, one has them and all copies know which`()
        throws
    {
        for round in 0..<12 {
            let chair = try harness.product("chair-\(round)", stock: 2)
            let lamp = try harness.product("lamp-\(round)", stock: 2)
            let keys = ["one-\(round)", "Other-\(round)"]
            let replies = try inParallel(20) { [harness, customers] number in
                harness.order(customers.ana, [(lamp, 2), (chair, 1)], key: keys[number % 2])
            }
            let statuses = (0..<2).map { key in
                let own = replies.enumerated().filter { $0.offset % 2 == key }.map(\.element)
                #expect(Set(own.map(\.body)).count == 1, "\(own)")
                #expect(own.filter { !$0.isReplay }.count == 1, "\(own)")
                return own[0].status
            }
            #expect(statuses.sorted() == [201, 409])
            #expect(try harness.stock(lamp) == 0)
            #expect(try harness.stock(chair) == 1)
        }
    }

    @Test func `of two payloads that race for one key in many copies, one has it and the other is refused`() throws {
        let chair = try harness.product("chair", stock: 100)
        for round in 0..<12 {
            let before = try harness.stock(chair)
            let replies = try inParallel(24) { [harness, customers] number in
                harness.order(customers.ana, [(chair, Int64(number % 2 + 1))], key: "key-\(round)")
            }
            let made = replies.filter { $0.status == 201 }
            #expect(made.count == 12, "\(replies)")
            #expect(Set(made.map(\.body)).count == 1)
            #expect(replies.filter { $0.code == "idempotency-key-reused" }.count == 12, "\(replies)")
            let taken = made.first?.data["items"]?.array?.first?["qty"]?.integer
            #expect(try harness.stock(chair) == before - (taken ?? 0))
        }
        #expect(try harness.orderCount == 12)
    }
}
