import BlockingTesting
import Concurrency
import DatabaseTesting
@testable import DatabaseWebService
import HTTPMessages
import JSON
import LambdaRuntime
import MySQL
@testable import Orchestrator
import ScriptedServer
import ServiceTesting
import Testing
import WebApplication

/// The function started by a schedule.
@Suite(.blocking) struct ScheduledSweepTests {
    private func run(
        _ harness: ServiceHarness, detailType: String = "Scheduled Event", milliseconds: Int = 20_000
    ) throws -> JSONValue {
        let event = #"{"version":"0","source":"aws.events","detail-type":"\#(detailType)","detail":{}}"#
        let context = LambdaContext(requestID: "request-1", deadline: .after(milliseconds: milliseconds))
        return try JSONParser.parse(harness.app.function.handle(Array(event.utf8), context))
    }

    @Test func `a schedule has the abandoned orders canceled`() throws {
        let backend = try Backend()
        let harness = try backend.harness()
        _ = try backend.createStep([(backend.chair, 2)], of: "key-1")
        #expect(try run(harness) == .object(JSONObject([("canceled_count", .integer(0)), ("has_more", .bool(false))])))
        try backend.ordersApp.base.database.change("UPDATE orders SET created_at = created_at - INTERVAL 16 MINUTE")
        #expect(try run(harness)["canceled_count"] == .integer(1))
        #expect(try backend.stock == 10)
    }

    /// An Orders API that cancels `counts` orders, one count a call, and has more until the last.
    private func withOrders(_ counts: [Int], _ body: (ServiceHarness, Lock<Int>) throws -> Void) throws {
        let calls = Lock(0)
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                #expect(request.line == "POST /admin/orders/internal/cancel-abandoned HTTP/1.1")
                #expect(request.header("authorization") == "Bearer \(TestTokens.service)")
                #expect(request.header("x-correlation-id") == "request-1")
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                guard call <= counts.count else {
                    connection.reply("500 Internal Server Error")
                    return
                }
                let data = #"{"canceled_count":\#(counts[call - 1]),"has_more":\#(call < counts.count)}"#
                connection.reply("200 OK", body: #"{"data":\#(data)}"#)
            }
        }
        defer { server.stop() }
        try body(try ServiceHarness(orders: server.url), calls)
    }

    @Test func `the sweep goes on until nothing is left`() throws {
        try withOrders([500, 500, 7]) { harness, calls in
            let reply = try run(harness)
            #expect(reply["canceled_count"] == .integer(1007))
            #expect(reply["has_more"] == .bool(false))
            #expect(calls.withLock { $0 } == 3)
        }
    }

    @Test func `a call that got nowhere is not repeated at once`() throws {
        try withOrders([500, 0, 0, 0]) { harness, calls in
            let reply = try run(harness)
            #expect(reply["canceled_count"] == .integer(500))
            #expect(reply["has_more"] == .bool(true))
            #expect(calls.withLock { $0 } == 2)
        }
    }

    @Test func `without time left nothing is asked`() throws {
        try withOrders([1]) { harness, calls in
            let reply = try run(harness, milliseconds: 200)
            #expect(reply["has_more"] == .bool(true))
            #expect(calls.withLock { $0 } == 0)
        }
    }

    @Test func `an Orders API that cannot be asked fails the function`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        #expect(throws: SweepFailed.self) { try run(harness, milliseconds: 3000) }
    }

    @Test func `an event of EventBridge that is no schedule is refused`() throws {
        let harness = try ServiceHarness(orders: "http://127.0.0.1:1")
        #expect(throws: LambdaEventError.self) {
            try run(harness, detailType: "EC2 Instance State-change Notification")
        }
    }
}
