import BlockingTesting
import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Testing

/// One key is one effect.
@Suite(.blocking) struct KeyTests {
    @Test func `a key keeps its answer byte for byte, and belongs to one request`() throws {
        let simulator = try Simulator()
        let form = "amount=2580&currency=usd&payment_method=pm_card_visa&capture_method=manual&metadata[order_id]=17"
        let first = try simulator.post("payment_intents", form, key: "k1")
        let again = try simulator.post("payment_intents", form, key: "k1")
        #expect(!first.isKept)
        #expect(again.isKept)
        #expect(again.response.body == first.response.body)
        // Nothing but the order of the parameters is another.
        let turned = form.split(separator: "&").reversed().joined(separator: "&")
        #expect(try simulator.post("payment_intents", turned, key: "k1").response.body == first.response.body)
        #expect(try simulator.ledger().count == 1)
        let other = try simulator.post("payment_intents", form + "&description=x", key: "k1")
        #expect(other.outcome == "400 idempotency_error -")
        let id = first.json["id"]?.string ?? ""
        #expect(try simulator.post("payment_intents/\(id)/confirm", key: "k1").outcome == "400 idempotency_error -")
        #expect(try simulator.post("payment_intents", form, key: "k2").json["id"] != first.json["id"])
    }

    @Test func `a key keeps a decline, and nothing of a malformed request`() throws {
        let simulator = try Simulator()
        let id = try simulator.intent(method: "pm_card_chargeDeclined")
        let declined = try simulator.post("payment_intents/\(id)/confirm", key: "k1")
        let again = try simulator.post("payment_intents/\(id)/confirm", key: "k1")
        #expect(declined.outcome == "402 card_error card_declined")
        #expect(again.isKept)
        #expect(again.response.body == declined.response.body)
        #expect(try simulator.post("payment_intents", "amount=0&currency=usd", key: "k2").status == 400)
        #expect(try simulator.post("payment_intents", "amount=1&currency=usd", key: "k2").status == 200)
    }

    @Test func `a reply that is lost leaves one effect, and the key tells of it`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        #expect(throws: (any Error).self) {
            try simulator.post("payment_intents/\(id)/capture", key: "k1", fault: "lose-reply")
        }
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
        let again = try simulator.post("payment_intents/\(id)/capture", key: "k1")
        #expect(again.isKept)
        #expect(again.outcome == "200 succeeded")
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
        #expect(throws: (any Error).self) { try simulator.get("payment_intents/\(id)", fault: "lose-reply") }
    }

    @Test func `a 500 is kept, whether it was done or not; the payment itself tells`() throws {
        let simulator = try Simulator()
        for (order, fault, status) in [
            (Int64(1), "500-after-effect", "succeeded"), (2, "500-before-effect", "requires_capture"),
        ] {
            let id = try simulator.heldIntent(order: order)
            let failed = try simulator.post("payment_intents/\(id)/capture", key: "k\(order)", fault: fault)
            let again = try simulator.post("payment_intents/\(id)/capture", key: "k\(order)")
            #expect(failed.outcome == "500 api_error -")
            #expect(again.outcome == "500 api_error -")
            #expect(again.isKept)
            #expect(try simulator.get("payment_intents/\(id)").json["status"] == .string(status))
        }
        #expect(try simulator.ledger(order: 1) == ["1×2580 1×2580 0×0 0×0"])
        #expect(try simulator.ledger(order: 2) == ["1×2580 0×0 0×0 0×0"])
    }

    @Test func `429 and 409 are kept under no key`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        let throttled = try simulator.post("payment_intents/\(id)/capture", key: "k1", fault: "429")
        #expect(throttled.outcome == "429 invalid_request_error rate_limit")
        #expect(throttled.response.headers["Retry-After"] == "1")
        let busy = try simulator.post("payment_intents/\(id)/capture", key: "k1", fault: "409-in-progress")
        #expect(busy.outcome == "409 idempotency_error idempotency_key_in_use")
        let done = try simulator.post("payment_intents/\(id)/capture", key: "k1")
        #expect(done.outcome == "200 succeeded")
        #expect(!done.isKept)
    }

    @Test func `of two at once under one key one is carried out, and the other told that it is under way`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        let replies = try inParallel(2) { _ in
            try simulator.post("payment_intents/\(id)/capture", key: "k1", fault: "delay:2500")
        }
        #expect(replies.map(\.outcome).sorted() == ["200 succeeded", "409 idempotency_error idempotency_key_in_use"])
        #expect(try simulator.post("payment_intents/\(id)/capture", key: "k1").isKept)
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
    }

    @Test func `sixteen at once under sixteen keys capture once`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        let outcomes = try inParallel(16) { try simulator.post("payment_intents/\(id)/capture", key: "k\($0)").status }
        #expect(outcomes.count { $0 == 200 } == 1, "\(outcomes)")
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
    }

    @Test func `of two processes on one schema one carries a key's request out`() throws {
        let simulator = try Simulator()
        let first = simulator.client
        let earlier = try simulator.system.supersede(.paymentSimulator, settings: [:])
        defer { earlier.end() }
        let clients = [first, simulator.client]
        let form = "amount=2580&currency=usd&metadata[order_id]=17"
        for round in 0..<10 {
            let bodies = try inParallel(8) { index -> [UInt8] in
                var request = Request(.post, "/v1/payment_intents", body: Array(form.utf8))
                request.headers = [
                    "Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer \(Simulator.key)",
                    "Idempotency-Key": "round-\(round)",
                ]
                let reply = try clients[index % 2].send(request)
                return reply.status == 200 ? reply.response.body : []
            }
            #expect(Set(bodies.filter { !$0.isEmpty }).count == 1)
        }
        #expect(try simulator.ledger().count == 10)
    }

    @Test(arguments: ["before", "after"])
    func `killed around an effect's commit, the simulator has one effect once its key is repeated`(moment: String)
        throws
    {
        let plan = try FaultPlanFile()
        defer { try? plan.remove() }
        let simulator = try Simulator(plan.settings)
        let id = try simulator.heldIntent()
        let place = FaultPlace(.paymentSimulator, "simulator.effect.\(moment)-commit", pass: 1)
        try plan.arm([Fault(place, .exit)])
        #expect(throws: (any Error).self) { try simulator.post("payment_intents/\(id)/capture", key: "k1") }
        #expect(try simulator.system.process(.paymentSimulator).waitForExit() == -SIGKILL)
        try simulator.system.restart(.paymentSimulator)
        let again = try simulator.post("payment_intents/\(id)/capture", key: "k1")
        #expect(again.outcome == "200 succeeded")
        #expect(again.isKept == (moment == "after"))
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
    }
}
