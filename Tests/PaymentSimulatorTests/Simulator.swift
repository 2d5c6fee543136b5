import Foundation
import HTTPMessages
import JSON
import SystemTesting

/// The simulator as a process on a schema of its own, and a client each of whose exchanges is held against the contract.
final class Simulator: Sendable {
    static let key = "sk_test_simulator"

    let system: RunningSystem
    var client: ServiceClient { system.paymentSimulator }

    init(_ settings: [String: String] = [:]) throws {
        system = try RunningSystem([.paymentSimulator], settings: settings)
    }

    deinit { system.stop() }

    /// Sends a form.
    func post(
        _ path: String, _ form: String = "", key: String? = nil, fault: String? = nil,
        authorization: String? = "Bearer \(Simulator.key)"
    ) throws -> Reply {
        var request = Request(.post, "/v1/\(path)", body: Array(form.utf8))
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.headers["Authorization"] = authorization
        request.headers["Idempotency-Key"] = key
        request.headers["Simulator-Fault"] = fault
        return try client.send(request)
    }

    func get(_ path: String, fault: String? = nil) throws -> Reply {
        var request = Request(.get, "/v1/\(path)", headers: ["Authorization": "Bearer \(Simulator.key)"])
        request.headers["Simulator-Fault"] = fault
        return try client.send(request)
    }

    /// Makes a payment and gives its id.
    func intent(
        order: Int64 = 17, amount: Int64 = 2580, method: String = "pm_card_visa", capture: String = "manual"
    ) throws -> String {
        let form =
            "amount=\(amount)&currency=usd&capture_method=\(capture)&payment_method=\(method)&metadata[order_id]=\(order)"
        let reply = try post("payment_intents", form)
        guard let id = reply.json["id"]?.string else { throw ServiceProcess.Failure(description: "\(reply.response)") }
        return id
    }

    /// Makes a payment whose amount is held, and gives its id.
    func heldIntent(order: Int64 = 17, amount: Int64 = 2580) throws -> String {
        let id = try intent(order: order, amount: amount)
        guard try post("payment_intents/\(id)/confirm").status == 200 else {
            throw ServiceProcess.Failure(description: "The payment \(id) was not confirmed.")
        }
        return id
    }

    func plan(_ rules: String) throws {
        let reply = try client.send(.post, "/_simulator/faults", #"{"faults":[\#(rules)]}"#)
        guard reply.status == 200 else { throw ServiceProcess.Failure(description: "\(reply.json)") }
    }

    /// What the ledger tells of an order: the number of authorizations, captures, refunds and cancellations, and their sums.
    func ledger(order: Int64 = 17) throws -> [String] {
        let reply = try client.send(.get, "/_simulator/ledger?order_id=\(order)&limit=100")
        return (reply.data.array ?? []).reversed().map { account in
            ["authorization", "capture", "refund", "cancellation"].map { kind in
                "\(account["\(kind)_count"]?.integer ?? -1)×\(account["\(kind)_cents"]?.integer ?? -1)"
            }.joined(separator: " ")
        }
    }
}

extension Reply {
    /// `402 card_error card_declined`, or the status of a payment.
    var outcome: String {
        guard let error = json["error"] else { return "\(status) \(json["status"]?.string ?? "")" }
        return "\(status) \(error["type"]?.string ?? "") \(error["code"]?.string ?? "-")"
    }

    var isKept: Bool { response.headers["Idempotent-Replayed"] == "true" }
}
