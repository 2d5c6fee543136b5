import Concurrency
import HTTPMessages
import JSON
import ServiceTesting
import Telemetry
import WebApplication

/// A payment gateway over HTTP that fails as a test says: the subset of Stripe's PaymentIntents that orders use, with keys that keep
/// their first answer.
final class ScriptedGateway: Sendable {
    enum Operation: String, Sendable { case create, confirm, capture, cancel, refund, find }

    enum Fault: Sendable {
        /// 500, and nothing was done. The key keeps it.
        case failsBefore
        /// 500, and it was done. The key keeps it.
        case failsAfter
        /// Done, and answered too late.
        case answersLate(milliseconds: Int)
        /// Refused before it is looked at, and not kept.
        case answers(status: Int, type: String)
    }

    struct Intent: Sendable {
        let id: String
        let amount: Int64
        let orderID: String
        let method: String
        var status = "requires_confirmation"
        var received: Int64 = 0
        var refunded: Int64 = 0
        var captureCount = 0
        var declineCode: String?

        var holds: Bool { status == "requires_capture" }
    }

    fileprivate struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    private struct State {
        var intents: [String: Intent] = [:]
        var keys: [String: Answer] = [:]
        var faults: [(operation: Operation, fault: Fault)] = []
        var requests: [(operation: Operation, key: String)] = []
    }

    private let state = Lock(State())
    private let server = Lock<LocalServer?>(nil)

    init() throws {
        let routes: [(Operation, Method, String)] = [
            (.create, .post, "/v1/payment_intents"), (.find, .get, "/v1/payment_intents/{id}"),
            (.confirm, .post, "/v1/payment_intents/{id}/confirm"),
            (.capture, .post, "/v1/payment_intents/{id}/capture"),
            (.cancel, .post, "/v1/payment_intents/{id}/cancel"), (.refund, .post, "/v1/refunds"),
        ]
        let application = Application(
            routes: routes.map { operation, method, path in
                Route(operation.rawValue, method, path, access: .everybody, bodies: RequestBodies(.form)) {
                    [self] (request, context) in answer(operation, request, context.pathParameters["id"])
                }
            },
            tokens: AccessTokens(service: [], api: []), crossOrigin: CrossOriginPolicy(origins: []),
            logger: Logger(service: "gateway", level: .error), metrics: Metrics())
        server.withLock { $0 = nil }
        let started = try LocalServer(application)
        server.withLock { $0 = started }
    }

    var url: String { server.withLock { $0?.url ?? "" } }

    func stop() { server.withLock { $0 }?.stop() }

    /// What the next request of an operation meets.
    func fail(_ operation: Operation, _ fault: Fault) { state.withLock { $0.faults.append((operation, fault)) } }

    var intents: [Intent] { state.withLock { $0.intents.values.sorted { $0.id < $1.id } } }

    /// The keys of the requests of an operation, in order.
    func keys(_ operation: Operation) -> [String] {
        state.withLock { $0.requests.filter { $0.operation == operation }.map(\.key) }
    }

    private func answer(_ operation: Operation, _ request: Request, _ id: String?) -> Response {
        let key = request.headers["Idempotency-Key"] ?? ""
        let fault = state.withLock { state -> Fault? in
            state.requests.append((operation, key))
            guard let index = state.faults.firstIndex(where: { $0.operation == operation }) else { return nil }
            return state.faults.remove(at: index).fault
        }
        if case .answers(let status, let type) = fault { return Self.error(status, type, "x").response }
        if case .failsBefore = fault {
            let failure = Answer(status: 500, body: Array("{}".utf8))
            if !key.isEmpty { state.withLock { $0.keys[key] = failure } }
            return failure.response
        }
        let form = Self.form(request.body)
        let (answer, isReplay) = state.withLock { state -> (Answer, Bool) in
            if !key.isEmpty, let kept = state.keys[key] { return (kept, true) }
            var answer = Self.perform(operation, id, form, in: &state)
            if case .failsAfter = fault { answer = Answer(status: 500, body: Array("{}".utf8)) }
            if !key.isEmpty { state.keys[key] = answer }
            return (answer, false)
        }
        if case .answersLate(let milliseconds) = fault { Thread.sleep(milliseconds: milliseconds) }
        var response = answer.response
        if isReplay { response.headers["Idempotent-Replayed"] = "true" }
        return response
    }

    private static func perform(
        _ operation: Operation, _ id: String?, _ form: [String: String], in state: inout State
    ) -> Answer {
        if operation == .create {
            let intent = Intent(
                id: "pi_\(state.intents.count + 1)", amount: Int64(form["amount"] ?? "") ?? 0,
                orderID: form["metadata[order_id]"] ?? "", method: form["payment_method"] ?? "")
            state.intents[intent.id] = intent
            return Answer(status: 200, body: intent.json)
        }
        let id = id ?? form["payment_intent"] ?? ""
        guard var intent = state.intents[id] else { return error(404, "invalid_request_error", "resource_missing") }
        let unexpected = error(400, "invalid_request_error", "payment_intent_unexpected_state")
        switch operation {
        case .create, .find: break
        case .confirm:
            guard ["requires_confirmation", "requires_payment_method"].contains(intent.status) else {
                return unexpected
            }
            guard intent.method != "pm_card_chargeDeclined" else {
                intent.status = "requires_payment_method"
                intent.declineCode = "generic_decline"
                state.intents[id] = intent
                return error(402, "card_error", "card_declined")
            }
            intent.status = "requires_capture"
        case .capture:
            guard intent.status == "requires_capture" else { return unexpected }
            intent.status = "succeeded"
            intent.received = Int64(form["amount_to_capture"] ?? "") ?? intent.amount
            intent.captureCount += 1
        case .cancel:
            guard intent.status != "succeeded", intent.status != "canceled" else { return unexpected }
            intent.status = "canceled"
        case .refund:
            intent.refunded += Int64(form["amount"] ?? "") ?? 0
            state.intents[id] = intent
            return Answer(
                status: 200,
                body: JSONWriter.object { writer in
                    writer.member("object", "refund")
                    writer.member("status", "succeeded")
                    writer.member("payment_intent", verbatim: intent.json)
                })
        }
        state.intents[id] = intent
        return Answer(status: 200, body: intent.json)
    }

    private static func error(_ status: Int, _ type: String, _ code: String) -> Answer {
        Answer(status: status, body: Array(#"{"error":{"type":"\#(type)","code":"\#(code)","message":"x"}}"#.utf8))
    }

    private static func form(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = PercentEncoding.decode(String(parts[0])),
                let value = PercentEncoding.decode(String(parts[1]))
            else { continue }
            fields[name] = value
        }
        return fields
    }
}

extension ScriptedGateway.Intent {
    fileprivate var json: [UInt8] {
        JSONWriter.object { writer in
            writer.member("id", id)
            writer.member("object", "payment_intent")
            writer.member("status", status)
            writer.member("amount", amount)
            writer.member("amount_capturable", status == "requires_capture" ? amount : 0)
            writer.member("amount_received", received)
            writer.member("metadata", object: { $0.member("order_id", orderID) })
            if let declineCode {
                writer.member("last_payment_error", object: { $0.member("decline_code", declineCode) })
            }
            if received > 0 { writer.member("latest_charge", object: { $0.member("amount_refunded", refunded) }) }
        }
    }
}

extension ScriptedGateway.Answer {
    fileprivate var response: Response { .json(Status(status), body) }
}
