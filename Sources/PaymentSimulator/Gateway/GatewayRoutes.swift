import Concurrency
import Digests
import EpollHTTPServer
import HTTPMessages
import IdempotentReplies
import MySQL
import Telemetry
import WebApplication

/// The part of Stripe's API that payments of orders need.
struct GatewayRoutes {
    /// 64 KiB: fifty metadata of 540 bytes, all of them escaped.
    private static let bodyBytesMax = 64 * 1024

    let service: GatewayService
    let faults: FaultService
    let access: AccessRule
    private let keysUnderWay = KeysUnderWay()

    init(service: GatewayService, faults: FaultService, access: AccessRule) {
        self.service = service
        self.faults = faults
        self.access = access
    }

    var routes: [Route] {
        [
            change("createPaymentIntent", "/v1/payment_intents", .create) { (form, _) throws(GatewayError) in
                .create(try Intent.Draft(form))
            },
            Route("getPaymentIntent", .get, "/v1/payment_intents/{intent}", access: access, handler: find),
            change("confirmPaymentIntent", "/v1/payment_intents/{intent}/confirm", .confirm) {
                (form, id) throws(GatewayError) in
                .change(id: id, try .confirm(form))
            },
            change("capturePaymentIntent", "/v1/payment_intents/{intent}/capture", .capture) {
                (form, id) throws(GatewayError) in
                .change(id: id, try .capture(form))
            },
            change("cancelPaymentIntent", "/v1/payment_intents/{intent}/cancel", .cancel) {
                (form, id) throws(GatewayError) in
                .change(id: id, try .cancel(form))
            },
            change("createRefund", "/v1/refunds", .refund) { (form, _) throws(GatewayError) in
                guard let id = form["payment_intent"] else {
                    throw .invalid("payment_intent", code: "parameter_missing", "Must provide payment_intent.")
                }
                return .change(id: id, try .refund(form))
            },
        ]
    }

    private func change(
        _ operationID: String, _ path: String, _ operation: FaultRule.Operation,
        _ read: @escaping @Sendable (FormFields, _ id: String) throws(GatewayError) -> IntentEffect
    ) -> Route {
        let bodies = RequestBodies(.form, bytesMax: GatewayRoutes.bodyBytesMax)
        return Route(operationID, .post, path, access: access, bodies: bodies) { (request, context) throws(Problem) in
            let change: GatewayChange
            do throws(GatewayError) {
                let form = try FormFields(String(decoding: request.body, as: UTF8.self))
                let effect = try read(form, context.pathParameters["intent"] ?? "")
                let expandable =
                    operation == .refund ? IntentAnswer.refundExpansions : IntentAnswer.intentExpansions
                change = GatewayChange(
                    effect: effect, expansions: try form.expansions(among: expandable), key: try request.gatewayKey(),
                    fingerprint: SHA256.digest(Array("\(request.path)?".utf8) + form.canonical),
                    fault: try request.fault())
            } catch { return .gateway(error) }
            if let key = change.key { context.call.note(idempotencyKey: key) }
            if let intent = context.pathParameters["intent"] { context.call.note("payment_intent", intent) }
            return try perform(change, operation, context)
        }
    }

    private func perform(
        _ change: GatewayChange, _ operation: FaultRule.Operation, _ context: RequestContext
    ) throws(Problem) -> Response {
        let fault = try fault(change.fault, operation, context)
        var change = change
        change.fault = fault
        if let refusal = fault?.refusal { return .gateway(refusal) }
        let reply: GatewayReply
        do throws(GatewayFailure) {
            let done = try keysUnderWay.run(change.key) { () throws(GatewayFailure) in
                if case .delay(let milliseconds) = fault { Thread.sleep(milliseconds: milliseconds) }
                return try service.perform(change, context.call)
            }
            guard let done else { return .gateway(.keyInUse) }
            reply = done
        } catch { return try .gateway(error) }
        let response = Response.gateway(reply)
        return fault == .loseReply ? response.withheld : response
    }

    private func find(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let (expansions, asked): (Set<String>, Fault?)
        do throws(GatewayError) {
            let form = try FormFields(request.query ?? "")
            try form.allow([], groups: ["expand"])
            (expansions, asked) = (try form.expansions(among: IntentAnswer.intentExpansions), try request.fault())
        } catch { return .gateway(error) }
        let fault = try fault(asked, .find, context)
        if let refusal = fault?.refusal { return .gateway(refusal) }
        if case .delay(let milliseconds) = fault { Thread.sleep(milliseconds: milliseconds) }
        // Nothing is done, whichever of the two it is.
        if fault == .failBeforeEffect || fault == .failAfterEffect { return .gateway(GatewayError.failed) }
        let id = context.pathParameters["intent"] ?? ""
        let response: Response
        do throws(GatewayFailure) {
            response = .gateway(try service.find(id: id, expansions: expansions, context.call))
        } catch { response = try .gateway(error) }
        return fault == .loseReply ? response.withheld : response
    }

    /// What the request has asked for, or else what is planned.
    private func fault(
        _ asked: Fault?, _ operation: FaultRule.Operation, _ context: RequestContext
    ) throws(Problem) -> Fault? {
        if let asked { return asked }
        do throws(DatabaseError) { return try faults.take(operation, context.call) } catch { throw Problem(error) }
    }
}

extension Fault {
    /// What a request is answered before it is looked at; nil where it is carried out.
    fileprivate var refusal: GatewayError? {
        switch self {
        case .tooManyRequests: .tooManyRequests
        case .inProgress: .keyInUse
        case .loseReply, .delay, .failBeforeEffect, .failAfterEffect: nil
        }
    }
}
