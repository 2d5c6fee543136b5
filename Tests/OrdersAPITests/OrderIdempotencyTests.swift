import HTTPTypes
import JSON
import MySQL
import RoomTesting
import Testing

@Suite struct OrderIdempotencyTests {
    private let customers: CustomersRoom
    private let room: RoomHarness

    init() throws {
        customers = try CustomersRoom()
        room = try RoomHarness(customers: customers.url)
    }

    @Test func `a repetition is the first answer, though the world has moved on`() throws {
        let chair = try room.product("chair", stock: 2)
        let first = room.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(first.status == 201, "\(first)")
        #expect(customers.deactivate(customers.ana).status == 200)
        let patch = room.client.patch("/admin/products/update/\(chair)", #"{"price_cents":7,"is_active":false}"#)
        #expect(patch.status == 200)
        customers.stop()
        let second = room.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(second.status == 201, "\(second)")
        #expect(second.isReplay)
        #expect(second.body == first.body)
        #expect(second.headers["Location"] == first.headers["Location"])
        #expect(try room.stock(chair) == 0)
        #expect(try room.orderCount == 1)
    }

    @Test func `twenty at once under one key make one order`() throws {
        let chair = try room.product("chair")
        let replies = try inParallel(20) { [room, customers] _ in room.order(customers.ana, [(chair, 1)], key: "key-1")
        }
        #expect(replies.filter { $0.status == 201 && !$0.isReplay }.count == 1, "\(replies)")
        #expect(replies.allSatisfy { $0.status == 201 || $0.code == "idempotency-key-in-use" }, "\(replies)")
        #expect(Set(replies.filter { $0.status == 201 }.map(\.body)).count == 1)
        #expect(try room.orderCount == 1)
        #expect(try room.stock(chair) == 9)
    }

    @Test func `the same key for another order is refused`() throws {
        let chair = try room.product("chair")
        #expect(room.order(customers.ana, [(chair, 1)], key: "key-1").status == 201)
        let other = room.order(customers.ana, [(chair, 2)], key: "key-1")
        #expect(other.status == 422)
        #expect(other.code == "idempotency-key-reused")
        #expect(try room.stock(chair) == 9)
    }

    @Test func `a refusal by stock or by customer is kept under its key`() throws {
        let chair = try room.product("chair", stock: 0)
        let short = room.order(customers.ana, [(chair, 1)], key: "short")
        #expect(short.code == "insufficient-stock")
        let stranger = room.order(99, [(chair, 1)], key: "stranger")
        #expect(stranger.code == "customer-not-found")
        #expect(room.client.patch("/admin/products/update/\(chair)", #"{"stock":5}"#).status == 200)
        for (key, customer, first) in [("short", customers.ana, short), ("stranger", Int64(99), stranger)] {
            let again = room.order(customer, [(chair, 1)], key: key)
            #expect(again.status == first.status)
            #expect(again.isReplay)
            #expect(again.body == first.body)
        }
        #expect(room.order(customers.ana, [(chair, 1)], key: "new").status == 201)
    }

    @Test func `mistakes in the payload are not kept under the key`() throws {
        let dear = try room.product("dear", priceCents: 9_999_999_999, stock: 1_000_000)
        let empty = room.order(customers.ana, [], key: "key-1")
        #expect(empty.status == 422, "\(empty)")
        let overflow = room.order(customers.ana, [(dear, 1_000_000)], key: "key-2")
        #expect(overflow.status == 422, "\(overflow)")
        #expect(try room.keyCount == 0)
        #expect(room.order(customers.ana, [(dear, 1)], key: "key-1").status == 201)
    }
}
