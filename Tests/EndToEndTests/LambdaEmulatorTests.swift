import CurlHTTPClient
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// The orchestrator as a custom runtime under AWS's own runtime interface emulator. `scripts/test` fetches it and says
    /// where it is in LAMBDA_EMULATOR.
    struct LambdaEmulatorTests {
        @Test func `an API Gateway event becomes a confirmed order, and the same event again its replay`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                let emulator = try LambdaEmulator(system)
                defer { emulator.end() }
                let event = gatewayEvent(orderBody(customer, [(product, 3)], key: "lambda-1"))
                let first = try emulator.invoke(event)
                #expect(first["statusCode"] == .integer(201))
                let body = try #require(first["body"]?.string)
                let order = try JSONParser.parse(Array(body.utf8))["data"]?["order"]
                #expect(order?["status"] == .string("CONFIRMED"))
                let second = try emulator.invoke(event)
                #expect(second["statusCode"] == .integer(201))
                #expect(second["headers"]?["Idempotency-Replayed"] == .string("true"))
                #expect(try system.orderCount == 1)
                #expect(try system.stock(of: product) == 7)
            }
        }

        @Test func `a refusal and an unreadable event are answered, and the loop goes on`() throws {
            try withSystem { system in
                let emulator = try LambdaEmulator(system)
                defer { emulator.end() }
                let refused = try emulator.invoke(gatewayEvent(orderBody(1, [], key: "lambda-2")))
                #expect(refused["statusCode"] == .integer(422))
                let unreadable = try emulator.invoke(#"{"neither":"version","nor":"path"}"#)
                #expect(unreadable["errorType"]?.string != nil)
                #expect(try emulator.invoke(gatewayEvent("{}", method: "GET"))["statusCode"] == .integer(405))
            }
        }

        @Test func `SIGTERM ends it in order`() throws {
            try withSystem { system in
                let emulator = try LambdaEmulator(system)
                defer { emulator.end() }
                #expect(try emulator.invoke(gatewayEvent("{}", method: "GET"))["statusCode"] == .integer(405))
                emulator.terminate()
                try waitUntil(seconds: 10) { emulator.text.contains("\"stopped\"") }
            }
        }

        @Test func `four events at once become four orders in the concurrent mode`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 10)
                let emulator = try LambdaEmulator(system, concurrency: 4)
                defer { emulator.end() }
                let events = (0..<4).map { gatewayEvent(orderBody(customer, [(product, 1)], key: "at-once-\($0)")) }
                let answers = try inParallel(events.count) { try emulator.invokeWhenFree(events[$0]) }
                #expect(answers.map { $0["statusCode"] } == Array(repeating: .integer(201), count: 4))
                #expect(try system.orderCount == 4)
                #expect(try system.stock(of: product) == 6)
            }
        }

        @Test func `settings that cannot be used are reported to whoever invokes the function`() throws {
            try withSystem { system in
                let emulator = try LambdaEmulator(
                    system, settings: ["ORDERS_API_BASE": "nowhere", "LOG_LEVEL": "loud"])
                defer { emulator.end() }
                let reply = try emulator.invoke("{}")
                let message = try #require(reply["errorMessage"]?.string)
                #expect(message.contains("ORDERS_API_BASE"))
                #expect(message.contains("LOG_LEVEL"))
            }
        }

        private func gatewayEvent(_ body: String, method: String = "POST") -> String {
            let path = "/orchestrator/create-and-confirm-order"
            return String(
                decoding: JSONWriter.object { writer in
                    writer.member("version", "2.0")
                    writer.member("rawPath", path)
                    writer.member("rawQueryString", "")
                    writer.member(
                        "headers",
                        object: { writer in
                            writer.member("content-type", "application/json")
                            writer.member("authorization", "Bearer \(RunningSystem.apiToken)")
                        })
                    writer.member(
                        "requestContext",
                        object: { writer in
                            writer.member("stage", "$default")
                            writer.member(
                                "http",
                                object: { writer in
                                    writer.member("method", method)
                                    writer.member("path", path)
                                    writer.member("sourceIp", "192.0.2.1")
                                })
                        })
                    writer.member("body", body)
                    writer.member("isBase64Encoded", false)
                }, as: UTF8.self)
        }
    }
}
