import ContractReading
import Foundation
import HTTPMessages
import JSON
import JSONSchemas
import SystemTesting
import Testing

extension EndToEndTests {
    /// Bodies that no operation may take, drawn from a table and from the contracts. Each answer is held against the
    /// contract, and none leaves a trace in the database.
    struct HostileJSONTests {
        private struct Target: Sendable {
            let client: ServiceClient
            let operation: ContractOperation
            let example: Request
            let schema: JSONSchema

            func send(_ body: [UInt8]) throws -> Reply {
                var request = example
                request.body = body
                // A key that was used would answer a repetition from its stored reply.
                request.headers["X-Idempotency-Key"] = operation.needsKey ? UUID().uuidString : nil
                request.headers["Content-Type"] = "application/json"
                request.headers["Authorization"] = "Bearer \(RunningSystem.token(for: operation))"
                return try client.send(request)
            }
        }

        @Test func `a body that is no JSON object is refused by every operation, and nothing is stored`() throws {
            try withTargets { system, targets in
                let before = try system.storedContents()
                for target in targets {
                    for body in HostileJSON.all {
                        let reply = try target.send(body.bytes)
                        #expect(reply.status == 400, "\(target.operation.id): \(body.name)")
                        #expect(reply.code == body.code, "\(target.operation.id): \(body.name)")
                    }
                }
                #expect(try system.storedContents() == before)
                print("JSON: \(targets.count * HostileJSON.all.count) bodies refused")
            }
        }

        @Test func `every wrong kind at every member is told with its place, all at once, and nothing is stored`()
            throws
        {
            try withTargets { system, targets in
                let before = try system.storedContents()
                var count = 0
                for target in targets {
                    let value = try JSONParser.parse(target.example.body)
                    for wrong in target.schema.wrongKinds(in: value) {
                        let reply = try target.send(JSONWriter.bytes(of: wrong.value))
                        let name =
                            "\(target.operation.id): \(String(decoding: JSONWriter.bytes(of: wrong.value), as: UTF8.self))"
                        count += 1
                        // The header may hold the key as well, so null is a key that is missing.
                        if wrong.pointer == "/idempotency_key", wrong.value["idempotency_key"] == .null {
                            #expect(reply.code == "idempotency-key-missing")
                            continue
                        }
                        #expect(reply.code == "validation-failed", "\(name)")
                        #expect(pointers(reply) == [wrong.pointer], "\(name)")
                    }
                    // What may be written in two ways has no members of its own: PlacementTests.
                    if target.operation.id == "placeOrder" { continue }
                    let all = target.schema.allWrong(in: value)
                    #expect(!all.pointers.isEmpty)
                    #expect(
                        Set(pointers(try target.send(JSONWriter.bytes(of: all.value)))) == Set(all.pointers),
                        "\(target.operation.id)")
                }
                #expect(try system.storedContents() == before)
                #expect(count > 150)
                print("JSON: \(count) wrong kinds told")
            }
        }

        @Test func `numbers are read exactly, and members that nobody asks for change nothing`() throws {
            try withSystem { system in
                func product(_ price: String, _ more: String = "") throws -> Reply {
                    let body =
                        #"{"sku":"SKU-\#(price.hashValue.magnitude)","name":"x","price_cents":\#(price),"stock":-0\#(more)}"#
                    return try system.orders.send(.post, "/admin/products/create-product", body)
                }
                for price in [
                    "1e400", "-1e400", String(repeating: "9", count: 400), "1e-400", "1.5", "-1", "1e99999999999",
                ] {
                    let reply = try product(price)
                    #expect(reply.code == "validation-failed", "\(price.prefix(20))")
                    #expect(pointers(reply) == ["/price_cents"], "\(price.prefix(20))")
                }
                for (price, cents) in [("1.0", 1), ("1e2", 100), ("-0", 0), ("0e99999999999", 0), ("25000e-2", 250)]
                    as [(String, Int64)]
                {
                    let reply = try product(price)
                    #expect(reply.status == 201, "\(price)")
                    #expect(reply.data["price_cents"] == .integer(cents), "\(price)")
                    #expect(reply.data["stock"] == .integer(0))
                }
                let forged = try product(
                    "7", #","id":77777,"is_active":false,"created_at":"2000-01-01T00:00:00Z","__proto__":{"a":1}"#)
                #expect(forged.status == 201)
                #expect(forged.data["is_active"] == .bool(true))
                #expect(forged.data["id"] != .integer(77777))
                #expect(forged.data["created_at"]?.string?.hasPrefix("2000") == false)
                let customer = try system.makeCustomer()
                let chair = try system.makeProduct(priceCents: 500)
                let order = try system.orders.send(
                    .post, "/admin/orders/create-order",
                    #"{"customer_id":\#(customer),"items":[{"product_id":\#(chair),"qty":1,"unit_price_cents":0}],"status":"CONFIRMED","total_cents":0}"#
                )
                #expect(order.data["status"] == .string("CREATED"))
                #expect(order.data["total_cents"] == .integer(500))
            }
        }

        private func pointers(_ reply: Reply) -> [String] {
            (reply.json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string }
        }

        /// Lends `body` every operation that takes a body, with the largest of its examples.
        private func withTargets(_ body: (RunningSystem, [Target]) throws -> Void) throws {
            try withSystem { system in
                // The examples name the first of each.
                let customer = try system.makeCustomer()
                let product = try system.makeProduct()
                #expect(customer == 1 && product == 1)
                let clients = [system.customers, system.orders, system.orchestrator]
                let targets = try zip(OpenAPIContract.names, clients).flatMap { name, client in
                    try OpenAPIContract(name).operations.compactMap { operation -> Target? in
                        // An event may be any JSON; what it carries meets the operation that it is for.
                        guard let requestBody = operation.requestBody, operation.id != "invokeFunction" else {
                            return nil
                        }
                        let examples = operation.exampleRequests.map(\.request)
                        let example = try #require(examples.max { $0.body.count < $1.body.count })
                        return Target(
                            client: client, operation: operation, example: example, schema: requestBody.schema)
                    }
                }
                #expect(targets.count >= 6)
                try body(system, targets)
            }
        }
    }
}
