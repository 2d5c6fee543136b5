import CustomerAccess
import HTTPMessages
import Idempotency
import IdempotentReplies
import JSON
import ResourceRoutes
import Telemetry
import WebApplication

/// What customers do with their own orders, in HTTP. An order of somebody else is as if there were none.
struct CustomerOrderRoutes {
    /// 30 s: proxies give up on a silent connection after a minute.
    private static let waitSecondsMax = 30
    private static let path = "/api/v1/orders"

    let placement: OrderPlacement
    let orders: OrderService
    let events: EventService
    let watch: OrderWatch
    let resources: ResourceRoutes
    let replies: IdempotentReplies
    /// Lets in whoever is a customer.
    let access: AccessRule

    var routes: [Route] {
        [
            Route("placeOrder", .post, CustomerOrderRoutes.path, access: access, handler: place),
            resources.list("listOwnOrders", CustomerOrderRoutes.path, access: access, filter: ownFilter, orders.list),
            resources.get("getOwnOrder", CustomerOrderRoutes.path + "/{id}", access: access) {
                (id, call) throws(OrderError) -> Order in
                try orders.get(id: id, of: try customerID(call), call)
            },
            Route(
                "getOwnOrderStatus", .get, CustomerOrderRoutes.path + "/{id}/status", access: access,
                waitingFor: { [watch] context in watch.signal(orderID: context.id ?? 0) },
                atMost: { $0.preferredWaitSeconds(max: CustomerOrderRoutes.waitSecondsMax) }, handler: status),
            Route(
                "getOwnOrderHistory", .get, CustomerOrderRoutes.path + "/{id}/history", access: access, handler: history
            ),
            resources.act(
                "cancelOwnOrder", CustomerOrderRoutes.path + "/{id}/cancel", access: access, priority: .completion
            ) { (id, keeping, call) throws(OrderError) -> Kept<Order> in
                try orders.cancel(id: id, of: try customerID(call), keeping, call)
            },
        ]
    }

    private func place(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let customerID = try context.customerID
        let object = try request.jsonObject()
        let body = ReadBody(object, PlacedOrder.init(_:))
        let claim = try request.idempotencyKey(orInBody: object[PlacedOrder.keyMember]?.string).map {
            IdempotencyClaim(
                key: $0.text, caller: context.call.caller, operation: "placeOrder", payload: body.payload)
        }
        let keeping = ReplyKeeping<Order>(claim) { order in
            StoredReply(
                status: 202, location: "\(CustomerOrderRoutes.path)/\(order.id)/status",
                body: JSONWriter.object { writer in
                    writer.member("orderId", order.id)
                    writer.member("status", order.status.rawValue)
                    writer.member("message", "The order was accepted. Its status tells what becomes of it.")
                    writer.member("data", order)
                })
        }
        let response = try replies.reply(to: request, claim, context) { () throws(Problem) in
            let placed = try body.value.get()
            let kept = try Problem.mapping { () throws(OrderError) in
                try placement.place(placed, for: customerID, keeping, context.call)
            }
            return FirstReply(kept.reply)
        }
        if let id = response.locatedID { context.call.note(Order.idName, id) }
        return response
    }

    private func ownFilter(_ query: inout QueryReader, _ context: RequestContext) throws(Problem) -> OrderFilter {
        OrderFilter(
            status: query.choice("status", Order.Status.self), customerID: try context.customerID,
            from: query.timestamp("from"), to: query.timestamp("to"))
    }

    /// The version is what an answer is known by: a reader who has it is told of the next one only.
    private func status(
        _ request: Request, _ context: RequestContext, _ isLast: Bool
    ) throws(Problem) -> Response? {
        let known = try request.ifNoneMatch()
        let order = try own(context)
        let tag = EntityTag(version: order.version)
        if let known, known.includes(tag), !isLast, !order.isAtItsEnd {
            watch.expectWaiting(seconds: request.preferredWaitSeconds(max: CustomerOrderRoutes.waitSecondsMax))
            return nil
        }
        return .data(OrderStatusView(order: order), tag, unlessKnown: known)
    }

    private func history(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let order = try own(context)
        let found = try Problem.mapping { () throws(EventError) in
            try events.history(orderID: order.id, context.call)
        }
        return .json(.ok) { writer in
            writer.member("data", array: { writer in for event in found { writer.write(verbatim: event) } })
        }
    }

    private func own(_ context: RequestContext) throws(Problem) -> Order {
        try Problem.mapping { () throws(OrderError) in
            guard let id = context.id else { throw .notFound }
            context.call.note(Order.idName, id)
            return try orders.get(id: id, of: try customerID(context.call), context.call)
        }
    }

    /// - Throws: `.notFound` for a caller who is no customer: nobody's orders are theirs.
    private func customerID(_ call: CallContext) throws(OrderError) -> Int64 {
        guard let customerID = call.customerID else { throw .notFound }
        return customerID
    }
}

/// How far an order has come.
private struct OrderStatusView: JSONEncodable {
    let order: Order

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("order_id", order.id)
            writer.member("status", order.status.rawValue)
            writer.member("version", order.version)
            writer.member("reason", order.cancelReason?.rawValue ?? order.rejectReason?.rawValue)
        }
    }
}

extension Order {
    /// Whether nothing more becomes of it by itself.
    fileprivate var isAtItsEnd: Bool {
        switch status {
        case .rejected, .canceled: true
        // A confirmed order may be canceled for a while.
        case .created, .pending, .stockReserved, .paid, .confirmed: false
        }
    }
}
