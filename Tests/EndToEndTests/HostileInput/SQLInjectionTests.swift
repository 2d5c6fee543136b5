import ContractReading
import Foundation
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// Texts that break out of a statement that was put together from strings, in place of every parameter and member.
    struct SQLInjectionTests {
        private static let payloads = [
            "'", "''", "\"", "`", "\\", "\\'", "%", "_", "' OR '1'='1", "'OR'1'='1'#", "1 OR 1=1", "1' OR 1=1 -- ",
            "1) OR (1=1", "1)/**/OR/**/(1=1", "1; DROP TABLE orders", "'; DELETE FROM customers; -- ",
            "1 UNION SELECT 1,2,3", "' UNION SELECT NULL,version(),NULL#", "1 AND SLEEP(5)", "'||(SELECT/**/1)||'",
            "1,(SELECT/**/1)", "0x27", "¿' OR 1=1#", "＇ OR 1=1",
        ]

        /// Parameters that may be any text.
        private static let texts: Set<String> = ["search", "idempotency_key", "correlation_id"]

        @Test func `a payload in a parameter finds nothing and changes nothing`() throws {
            try withSystem { system in
                _ = try system.makeCustomer()
                let product = try system.makeProduct()
                _ = try system.placeOrder(1, product, key: "order-1")
                let before = try system.storedContents()
                var count = 0
                try forEachOperation(of: system) { client, operation in
                    for parameter in operation.parameters {
                        for payload in SQLInjectionTests.payloads {
                            let request = self.request(for: operation, parameter, payload)
                            let reply = try client.send(request)
                            count += 1
                            switch parameter.location {
                            case .path: #expect([400, 404].contains(reply.status), "\(request.target)")
                            case .query where SQLInjectionTests.texts.contains(parameter.name):
                                #expect(reply.status == 422 || reply.data == .array([]), "\(request.target)")
                            // A mailed link names something, as a path does.
                            case .query where operation.path == "/api/v1/auth/confirm":
                                #expect(reply.status == 404, "\(request.target)")
                            case .query: #expect([400, 422].contains(reply.status), "\(request.target)")
                            case .header: #expect(reply.status < 500, "\(parameter.name): \(payload)")
                            }
                        }
                    }
                }
                #expect(try system.storedContents() == before)
                print("SQL: \(count) payloads in parameters, nothing found or changed")
            }
        }

        @Test func `a payload in a body is refused or stored as it stands`() throws {
            try withSystem { system in
                _ = try system.makeCustomer()
                _ = try system.makeProduct(stock: 1000)
                let before = try rows(system)
                // What must differ from row to row, or the second payload is refused for the first one's sake.
                let uniqueMembers: [String: (Int) -> String] = [
                    "email": { "p\($0)@example.com" }, "sku": { "P-\($0)" }, "identity_card": { "P\($0)" },
                    "idempotency_key": { "p-\($0)" },
                ]
                var attempts = 0
                var made = 0
                var stored = 0
                try forEachOperation(of: system) { client, operation in
                    guard
                        let example = operation.exampleRequests.max(by: {
                            $0.request.body.count < $1.request.body.count
                        }),
                        operation.requestBody != nil
                    else { return }
                    let members = try JSONParser.parse(example.request.body).object?.members ?? []
                    for (index, member) in members.enumerated() where member.value.string != nil {
                        for payload in SQLInjectionTests.payloads {
                            var changed = members
                            changed[index].value = .string(payload)
                            for other in changed.indices where other != index {
                                guard let unique = uniqueMembers[changed[other].name] else { continue }
                                attempts += 1
                                changed[other].value = .string(unique(attempts))
                            }
                            var request = example.request
                            request.headers["X-Idempotency-Key"] = operation.needsKey ? UUID().uuidString : nil
                            request.body = JSONWriter.bytes(of: JSONValue.object(JSONObject(changed)))
                            let reply = try client.send(authorized(request, for: operation))
                            // Here no asynchronous orders are taken.
                            #expect(
                                reply.status < 500 || reply.code == "not-ready",
                                "\(operation.id) \(member.name): \(payload)")
                            if reply.status == 201, !reply.isReplay { made += 1 }
                            guard reply.response.status.isSuccess, let value = reply.data[member.name] else { continue }
                            #expect(value == .string(payload), "\(operation.id) \(member.name)")
                            stored += 1
                        }
                    }
                }
                #expect(try rows(system) == before + Int64(made))
                #expect(stored > 50)
                print("SQL: \(stored) payloads stored as they stood, \(made) rows made")
            }
        }

        private func forEachOperation(
            of system: RunningSystem, _ body: (ServiceClient, ContractOperation) throws -> Void
        ) throws {
            for (name, client) in zip(OpenAPIContract.names, [system.customers, system.orders, system.orchestrator]) {
                for operation in try OpenAPIContract(name).operations { try body(client, operation) }
            }
        }

        /// The operation's example with `payload` in place of one parameter. The body is left out of changes: a payload that
        /// is a good key, or a good correlation id, would change something.
        private func request(
            for operation: ContractOperation, _ parameter: ContractParameter, _ payload: String
        ) -> Request {
            let value = PercentEncoding.encode(payload)
            let path = operation.path.replacingOccurrences(of: "{id}", with: "999999")
            var request = Request(operation.method, path)
            switch parameter.location {
            case .path:
                request = Request(
                    operation.method, operation.path.replacingOccurrences(of: "{\(parameter.name)}", with: value))
            case .query: request = Request(operation.method, "\(path)?\(parameter.name)=\(value)")
            case .header: request.headers[parameter.name] = payload
            }
            if operation.requestBody != nil {
                request.headers["Content-Type"] = "application/json"
                request.body = Array("{}".utf8)
            }
            return authorized(request, for: operation)
        }

        private func authorized(_ request: Request, for operation: ContractOperation) -> Request {
            var request = request
            request.headers["X-Request-Timeout-Ms"] = request.headers["X-Request-Timeout-Ms"] ?? "10000"
            request.headers["Authorization"] = "Bearer \(RunningSystem.acceptedToken(for: operation))"
            return request
        }

        private func rows(_ system: RunningSystem) throws -> Int64 {
            try system.count("SELECT COUNT(*) FROM customers") + system.count("SELECT COUNT(*) FROM products")
                + system.orderCount
        }
    }
}
