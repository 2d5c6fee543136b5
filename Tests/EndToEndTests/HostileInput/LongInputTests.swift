import ContractReading
import HTTPMessages
import HostileInput
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// Inputs whose length, or whose kind of text, must cost no more than their bytes and never end in a 500.
    struct LongInputTests {
        @Test func `a megabyte of combining marks is answered in time by every operation that takes a body`() throws {
            // A comparison of two such names as Swift compares strings takes minutes. They are alike at both ends.
            let marks = [0, 2].map { HostileText.marks(byteCount: 500_000, number: $0) }
            let names = #"{"\#(marks[0])":1,"\#(marks[1])":2}"#
            try withSystem { system in
                for (name, client) in clients(system) {
                    for operation in try OpenAPIContract(name).operations where operation.requestBody != nil {
                        var request = try #require(operation.exampleRequests.first).request
                        request.headers["Authorization"] = "Bearer \(RunningSystem.token(for: operation))"
                        request.headers["X-Request-Timeout-Ms"] = "10000"
                        request.body = Array(names.utf8)
                        let reply = try client.send(request, timeoutMilliseconds: 12_000)
                        // The Invoke API answers 200 with an error of the function; the examples' rows are not there.
                        #expect([200, 400, 404, 422].contains(reply.status), "\(operation.id): \(reply.status)")
                    }
                }
            }
        }

        @Test func `a number of thousands of zeros is refused by every list, as any other value that is not valid`()
            throws
        {
            let zeros = String(repeating: "0", count: 5000) + "1"
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                _ = try system.makeCustomer()
                _ = try system.makeProduct()
                for key in ["1", "2"] { _ = try system.placeOrder(customer, product, key: key) }
                for (client, target) in [
                    (system.customers, "/admin/customers/find-all?limit="),
                    (system.orders, "/admin/products/find-all?limit="),
                    (system.orders, "/admin/orders/find-all?limit="),
                    (system.orders, "/admin/orders/find-all?limit=1&customer_id="),
                ] {
                    let reply = try client.send(.get, target + zeros)
                    #expect(reply.status == 422, "\(target): \(reply.status)")
                    #expect(reply.json["errors"]?.array?.map { $0["code"] } == [.string("length")], "\(target)")
                    // As many zeros as a number may have, each written as an escape.
                    let longest = String(repeating: "%30", count: 63) + "1"
                    let page = try client.send(.get, target + longest)
                    #expect(page.status == 200, "\(target): \(page.json)")
                    #expect(page.response.headers["Link"] != nil, "\(target)")
                }
            }
        }

        @Test func `the longest values that are taken fit into the answer's head, all at once`() throws {
            // 120 characters of four bytes each, every byte escaped.
            let name = String(repeating: "\u{20000}", count: 120)
            let search = PercentEncoding.encode(name)
            let number = String(repeating: "%30", count: 63) + "1"
            let flag = "true".utf8.map { "%\(String($0, radix: 16))" }.joined()
            let headers: HeaderFields = [
                "X-Correlation-Id": String(repeating: "c", count: 128), "Origin": "https://shop.example",
            ]
            try withSystem(settings: ["CORS_ORIGINS": "https://shop.example"]) { system in
                for number in 1...2 {
                    #expect(
                        try system.customers.send(
                            .post, "/admin/customers/create-customer",
                            #"{"name":"\#(name)","email":"a\#(number)@example.com","phone":"+1 1"}"#
                        ).status == 201)
                    #expect(
                        try system.orders.send(
                            .post, "/admin/products/create-product",
                            #"{"sku":"s\#(number)","name":"\#(name)","price_cents":1,"stock":1}"#
                        ).status == 201)
                }
                for (client, path) in [
                    (system.customers, "/admin/customers/find-all"), (system.orders, "/admin/products/find-all"),
                ] {
                    let target = "\(path)?search=\(search)&limit=\(number)&is_active=\(flag)"
                    let page = try client.send(.get, target, headers: headers)
                    #expect(page.status == 200, "\(path): \(page.json)")
                    let link = try #require(page.response.headers["Link"])
                    #expect(link.hasPrefix("<\(target)&cursor="), "\(link)")
                }
            }
        }

        @Test func `orders are walked by the longest key and the longest correlation id, every byte escaped`() throws {
            func escaped(_ text: String) -> String { text.utf8.map { "%\(String($0, radix: 16))" }.joined() }
            let key = String(repeating: "k", count: 255)
            let correlationID = String(repeating: "c", count: 128)
            try withSystem { system in
                let (customer, product) = (try system.makeCustomer(), try system.makeProduct())
                var orders = system.orders
                orders.token = RunningSystem.serviceToken
                let body = """
                    {"customer_id":\(customer),"items":[{"product_id":\(product),"qty":1}],"idempotency_key":"\(key)",
                    "customer":{"name":"Ana","email":"ana@example.com","phone":"555"}}
                    """
                for step in ["1", "2"] {
                    let headers: HeaderFields = ["X-Idempotency-Key": step, "X-Correlation-Id": correlationID]
                    let order = try orders.send(.post, "/admin/orders/internal/create-order", body, headers: headers)
                    #expect(order.status == 201, "\(order.json)")
                }
                let target =
                    "/admin/orders/find-all?idempotency_key=\(escaped(key))&correlation_id=\(escaped(correlationID))&limit=1"
                let page = try system.orders.send(.get, target, headers: ["X-Correlation-Id": correlationID])
                let link = try #require(page.response.headers["Link"], "\(page.json)")
                #expect(link.hasPrefix("<\(target)&cursor="), "\(link)")
                let next = try system.orders.send(.get, String(link.dropFirst().prefix { $0 != ">" }))
                #expect(next.data.array?.count == 1 && next.data != page.data, "\(next.json)")
            }
        }

        private func clients(_ system: RunningSystem) -> [(String, ServiceClient)] {
            Array(zip(OpenAPIContract.names, [system.customers, system.orders, system.orchestrator]))
        }
    }
}
