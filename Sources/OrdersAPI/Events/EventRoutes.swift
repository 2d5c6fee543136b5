import Concurrency
import HTTPMessages
import JSON
import Telemetry
import WebApplication

/// The events' operations in HTTP.
struct EventRoutes {
    /// 30 s: proxies give up on a silent connection after a minute.
    static let waitSecondsMax = 30

    let service: EventService
    /// Fires when there are new events.
    let numbered: WakeSignal
    let watch: EventWatch

    var routes: [Route] {
        [
            Route(
                "listEvents", .get, "/admin/events/find-all", access: .apiToken, priority: .deferrable,
                waitingFor: numbered, atMost: EventRoutes.waitSeconds, handler: list),
            Route("getOrderHistory", .get, "/admin/orders/{id}/history", access: .apiToken, handler: history),
        ]
    }

    private static func waitSeconds(_ request: Request) -> Int { request.preferredWaitSeconds(max: waitSecondsMax) }

    private func list(
        _ request: Request, _ context: RequestContext, _ isLast: Bool
    ) throws(Problem) -> Response? {
        let asked = try EventListRequest(request)
        let (events, hasNext) = try Problem.mapping { () throws(EventError) in
            try service.list(after: asked.position, asked.filter, limit: asked.limit, context.call)
        }
        // Whoever waits looks at each new event. The events of one order are a few, and there would be too many to look.
        if events.isEmpty, !isLast, asked.filter.orderID == nil {
            watch.expectWaiting(seconds: EventRoutes.waitSeconds(request))
            return nil
        }
        return .json(.ok) { writer in
            writer.member(
                "data",
                array: { writer in
                    for event in events {
                        writer.object { writer in
                            writer.member("seq", event.seq)
                            if let previous = event.previousSeq { writer.member("previous_seq", previous) }
                            writer.member("event", verbatim: event.body)
                        }
                    }
                })
            writer.member(
                "meta",
                object: { writer in
                    writer.member("limit", asked.limit)
                    writer.member("next_after", (events.last?.position ?? asked.position).description)
                    writer.member("has_next", hasNext)
                })
        }
    }

    private func history(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let events = try Problem.mapping { () throws(EventError) in
            guard let id = context.id else { throw .notFound }
            context.call.note(Order.idName, id)
            return try service.history(orderID: id, context.call)
        }
        return .json(.ok) { writer in
            writer.member("data", array: { writer in for event in events { writer.write(verbatim: event) } })
        }
    }
}

/// What a reader of the log asks for.
private struct EventListRequest {
    let filter: EventFilter
    let limit: Int
    let position: EventPosition

    /// - Throws: the 422 with all violations, or `Problem.invalidCursor` for an `after` that is no position.
    init(_ request: Request) throws(Problem) {
        var query = QueryReader(request)
        filter = EventFilter(
            kind: query.choice("type", OrderEvent.Kind.self),
            orderID: query.integer("order_id", in: 1...9_007_199_254_740_991))
        limit = query.integer("limit", from: 1, cappedAt: PageRequest.limitMax) ?? PageRequest.limitDefault
        let after = query.text("after", length: 1...64)
        try query.finish()
        guard let position = after.map({ EventPosition($0) }) ?? .start else { throw .invalidCursor }
        self.position = position
    }
}
