import HTTPMessages
import Idempotency
import IdempotentReplies
import ResourceRoutes
import Telemetry
import WebApplication

/// The endpoints' operations in HTTP.
struct EndpointRoutes {
    let service: EndpointService
    let replays: ReplayService
    let resources: ResourceRoutes
    let replies: IdempotentReplies

    var routes: [Route] {
        [
            Route(
                "createEndpoint", .post, "/admin/webhooks/create-endpoint", access: .apiToken, handler: createEndpoint),
            resources.list("listEndpoints", "/admin/webhooks/find-all", service.list),
            resources.get("getEndpoint", "/admin/webhooks/find-one/{id}", service.get),
            resources.change("updateEndpoint", "/admin/webhooks/update/{id}", service.update),
            resources.change(
                "deactivateEndpoint", "/admin/webhooks/logic-delete/{id}", to: .deactivation, service.update),
            Route(
                "rotateSecret", .post, "/admin/webhooks/{id}/rotate-secret", access: .apiToken, handler: rotateSecret),
            resources.act("testEndpoint", "/admin/webhooks/{id}/test", replays.test),
            resources.act("enableEndpoint", "/admin/webhooks/{id}/enable", service.enable),
            resources.act("replayEvents", "/admin/webhooks/{id}/replay", replays.replay),
        ]
    }

    private func createEndpoint(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let body = ReadBody(try request.jsonObject(), NewEndpoint.init(_:))
        let claim = try request.idempotencyKey().map {
            IdempotencyClaim(
                key: $0.text, caller: context.call.caller, operation: "createEndpoint", payload: body.payload)
        }
        return try reply(to: request, claim, context, created: true) { (keeping) throws(Problem) in
            let new = try body.value.get()
            return try Problem.mapping { () throws(EndpointError) in try service.create(new, keeping, context.call) }
        }
    }

    private func rotateSecret(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let key = try request.idempotencyKey()
        guard let id = context.id else { throw EndpointError.notFound.problem }
        context.call.note(Endpoint.idName, id)
        let claim = key.map {
            IdempotencyClaim(
                key: $0.text, caller: context.call.caller, operation: "rotateSecret", resourceID: id)
        }
        return try reply(to: request, claim, context, created: false) { (keeping) throws(Problem) in
            try Problem.mapping { () throws(EndpointError) in try service.rotateSecret(id: id, keeping, context.call) }
        }
    }

    /// Answers with a new secret, of which the key keeps nothing.
    private func reply(
        to request: Request, _ claim: IdempotencyClaim?, _ context: RequestContext, created: Bool,
        _ work: (ReplyKeeping<IssuedEndpoint>) throws(Problem) -> Kept<IssuedEndpoint>
    ) throws(Problem) -> Response {
        @Sendable func stored(_ issued: IssuedEndpoint) -> StoredReply {
            StoredReply(
                status: created ? 201 : 200, location: created ? "/admin/webhooks/find-one/\(issued.id)" : nil,
                data: issued)
        }
        let keeping = ReplyKeeping<IssuedEndpoint>(claim) { stored($0.withoutSecret) }
        let response = try replies.reply(to: request, claim, context) { () throws(Problem) in
            let issued = try work(keeping).value
            return FirstReply(stored(issued), entityTag: created ? issued.entityTag : nil)
        }
        if let id = response.locatedID { context.call.note(Endpoint.idName, id) }
        return response
    }
}
