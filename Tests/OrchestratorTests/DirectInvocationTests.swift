import BlockingTesting
import Concurrency
import HTTPMessages
import JSON
import LambdaRuntime
@testable import Orchestrator
import ServiceTesting
import Testing

/// The function invoked with the bare body of an order, by an SDK or a state machine.
@Suite(.blocking) struct DirectInvocationTests {
    private func invoke(_ body: String, _ harness: ServiceHarness, requestID: String = "request-1") throws -> JSONValue
    {
        let context = LambdaContext(requestID: requestID, deadline: .after(milliseconds: 20_000))
        return try JSONParser.parse(harness.app.function.handle(Array(body.utf8), context))
    }

    @Test func `the body of a call gets the body of its reply, without a token`() throws {
        let backend = try Backend()
        let harness = try backend.harness(["API_TOKEN": TestTokens.api])
        let body = callBody(backend.ana, [(backend.chair, 2)], key: "key-1")
        let first = try invoke(body, harness)
        #expect(first.names == ["success", "correlationId", "data"])
        #expect(first["success"] == .bool(true))
        #expect(first["correlationId"] == .string("request-1"))
        #expect(first["data"]?["order"]?["status"] == .string("CONFIRMED"))
        let again = try invoke(body, harness, requestID: "request-2")
        #expect(again["data"] == first["data"])
        #expect(try backend.orderCount == 1)
        #expect(try backend.stock == 8)
        let named = try invoke(
            callBody(backend.ana, [(backend.chair, 1)], key: "key-2", correlationID: "req-456"), harness)
        #expect(named["correlationId"] == .string("req-456"))
    }

    @Test func `what is refused for good fails the function, with the problem`() throws {
        let backend = try Backend()
        let harness = try backend.harness()
        for (body, code) in [
            (callBody(backend.ana, [(backend.chair, 11)], key: "key-1"), "insufficient-stock"),
            (callBody(backend.ana, [(backend.chair, 1)], key: nil), "idempotency-key-missing"),
            (callBody(99, [(backend.chair, 1)], key: "key-2"), "customer-not-found"), ("{}", "idempotency-key-missing"),
        ] {
            let error = try #require(#expect(throws: OrderRefused.self) { try invoke(body, harness) })
            let problem = try JSONParser.parse(Array(error.description.utf8))
            #expect(problem["code"] == .string(code))
            #expect(problem["success"] == .bool(false))
        }
    }

    @Test func `what may be cured by a repetition fails the function under another name`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        let error = try #require(
            #expect(throws: OrderNotFinished.self) { try invoke(callBody(1, [(1, 1)], key: "key-1"), harness) })
        #expect(error.description.contains("orders-unavailable"))
    }
}
