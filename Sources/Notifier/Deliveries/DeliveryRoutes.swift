import HTTPMessages
import Idempotency
import IdempotentReplies
import JSON
import ResourceRoutes
import Telemetry
import WebApplication

/// The deliveries' operations in HTTP.
struct DeliveryRoutes {
    let service: DeliveryService
    let resources: ResourceRoutes
    let replies: IdempotentReplies

    var routes: [Route] {
        [
            resources.list("listDeliveries", "/admin/deliveries/find-all", service.list),
            resources.get("getDelivery", "/admin/deliveries/find-one/{id}", service.get),
            resources.act("redeliver", "/admin/deliveries/{id}/redeliver", service.redeliver),
            bulk(
                "redriveDeliveries", "/admin/deliveries/redrive", Redrive.init(_:), countedAs: "redriven_count",
                { $0.selection }, service.redrive),
            bulk(
                "discardDeliveries", "/admin/deliveries/discard", Discard.init(_:), countedAs: "discarded_count",
                { $0.selection }, service.discard),
        ]
    }

    /// An operation on all deliveries that a body selects. A key is needed: nothing else would tell two from one.
    private func bulk<Input: Sendable>(
        _ operationID: String, _ path: String,
        _ read: @escaping @Sendable (inout BodyReader) throws(Problem) -> Input, countedAs name: String,
        _ selection: @escaping @Sendable (Input) -> DeliverySelection,
        _ change:
            @escaping @Sendable (
                _ selection: DeliverySelection, _ keeping: ReplyKeeping<DeliveryCount>, _ call: CallContext
            ) throws(DeliveryError) -> Kept<DeliveryCount>
    ) -> Route {
        Route(operationID, .post, path, access: .apiToken) { (request, context) throws(Problem) in
            let body = ReadBody(try request.jsonObject(), read)
            let claim = IdempotencyClaim(
                key: try request.requiredIdempotencyKey().text, caller: context.call.caller, operation: operationID,
                payload: body.payload)
            let keeping = ReplyKeeping<DeliveryCount>(claim) { count in
                let body = JSONWriter.object { writer in
                    writer.member(
                        "data",
                        object: { writer in
                            writer.member(name, count.count)
                            writer.member("has_more", count.hasMore)
                        })
                }
                return StoredReply(status: 200, body: body)
            }
            return try replies.reply(to: request, claim, context) { () throws(Problem) in
                let input = try body.value.get()
                let kept = try Problem.mapping { () throws(DeliveryError) in
                    try change(selection(input), keeping, context.call)
                }
                return FirstReply(kept.reply)
            }
        }
    }
}
