import BlockingTesting
import HTTPMessages
import JSON
import SystemTesting
import Testing

/// Faults that were planned.
@Suite(.blocking) struct FaultTests {
    @Test func `a count is for the next requests of its operation, and survives the process`() throws {
        let simulator = try Simulator()
        let rules = [
            #"{"operation":"create","fault":"429","count":2}"#,
            #"{"operation":"find","fault":"500-before-effect","count":1}"#,
        ]
        try simulator.plan(rules.joined(separator: ","))
        let form = "amount=100&currency=usd"
        #expect(try simulator.post("payment_intents", form).status == 429)
        simulator.system.process(.paymentSimulator).signal(9)
        try simulator.system.restart(.paymentSimulator)
        let left = try simulator.client.send(.get, "/_simulator/faults").data["faults"]?.array ?? []
        #expect(left.map { $0["count"]?.integer } == [1, 1])
        #expect(try simulator.post("payment_intents", form).status == 429)
        let made = try simulator.post("payment_intents", form)
        #expect(made.status == 200)
        let id = made.json["id"]?.string ?? ""
        #expect(try simulator.get("payment_intents/\(id)").outcome == "500 api_error -")
        #expect(try simulator.get("payment_intents/\(id)").status == 200)
        #expect(try simulator.client.send(.get, "/_simulator/faults").data["faults"] == .array([]))
    }

    @Test func `a share is drawn by its seed`() throws {
        let simulator = try Simulator()
        func statuses(seed: Int) throws -> [Int] {
            try simulator.plan(#"{"operation":"any","fault":"429","percent":30,"seed":\#(seed)}"#)
            return try (0..<60).map { _ in try simulator.post("payment_intents", "amount=100&currency=usd").status }
        }
        let first = try statuses(seed: 7)
        #expect(Set(first) == [200, 429])
        #expect(5...31 ~= first.count { $0 == 429 })
        #expect(try statuses(seed: 7) == first)
        #expect(try statuses(seed: 8) != first)
        try simulator.plan("")
        #expect(try simulator.post("payment_intents", "amount=100&currency=usd").status == 200)
    }

    @Test func `a planned delay holds the request back, and a lost reply the answer`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        try simulator.plan(
            #"{"operation":"find","fault":"delay","delay_ms":700,"count":1},{"operation":"capture","fault":"lose-reply","count":1}"#
        )
        let start = uptimeNanoseconds()
        #expect(try simulator.get("payment_intents/\(id)").status == 200)
        #expect(uptimeNanoseconds() - start >= 700_000_000)
        #expect(throws: (any Error).self) { try simulator.post("payment_intents/\(id)/capture", key: "k1") }
        #expect(try simulator.post("payment_intents/\(id)/capture", key: "k1").isKept)
        #expect(try simulator.get("payment_intents/\(id)", fault: "429").status == 429)
        #expect(try simulator.get("payment_intents/\(id)", fault: "409-in-progress").status == 409)
    }

    @Test func `a fault that does not exist is refused, in a header and in a plan`() throws {
        let simulator = try Simulator()
        for fault in ["explode", "delay", "delay:0", "delay:9001", "429:1"] {
            let reply = try simulator.post("payment_intents", "amount=100&currency=usd", fault: fault)
            #expect(reply.outcome == "400 invalid_request_error -", "\(fault)")
        }
        for rule in [
            #"{"operation":"pay","fault":"429","count":1}"#, #"{"operation":"any","fault":"explode","count":1}"#,
            #"{"operation":"any","fault":"delay","count":1}"#, #"{"operation":"any","fault":"429"}"#,
            #"{"operation":"any","fault":"429","count":1,"percent":1}"#,
            #"{"operation":"any","fault":"429","count":0}"#,
        ] {
            let reply = try simulator.client.send(.post, "/_simulator/faults", #"{"faults":[\#(rule)]}"#)
            #expect(reply.code == "validation-failed", "\(rule)")
        }
        let many = Array(repeating: #"{"operation":"any","fault":"429","count":1}"#, count: 101)
        let reply = try simulator.client.send(
            .post, "/_simulator/faults", #"{"faults":[\#(many.joined(separator: ","))]}"#)
        #expect(reply.code == "validation-failed")
        #expect(try simulator.client.send(.post, "/_simulator/faults", "{").code == "malformed-json")
        #expect(try simulator.client.send(.post, "/_simulator/faults", "[]").code == "body-not-object")
    }
}
