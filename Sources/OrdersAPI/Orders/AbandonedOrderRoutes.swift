import Concurrency
import HTTPMessages
import JSON
import Telemetry
import WebApplication

/// The sweep in HTTP, for a schedule outside this process.
struct AbandonedOrderRoutes {
    /// Orders that one call cancels: at some milliseconds each, half of what a call lasts by default.
    private static let countMax = 500
    /// 500 ms of the call's time, in which the last order is finished and the answer sent.
    private static let answerReserveMilliseconds = 500

    let sweep: AbandonedOrderSweep

    var routes: [Route] {
        [
            Route(
                "cancelAbandonedOrders", .post, "/admin/orders/internal/cancel-abandoned", access: .serviceToken,
                handler: cancelAbandoned)
        ]
    }

    private func cancelAbandoned(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        let deadline = context.deadline.earlier(milliseconds: AbandonedOrderRoutes.answerReserveMilliseconds)
        let outcome = try Problem.mapping { () throws(OrderError) in
            try sweep.run(countMax: AbandonedOrderRoutes.countMax, by: deadline, tracer: context.call.tracer)
        }
        return .json(.ok) { writer in
            writer.member(
                "data",
                object: { writer in
                    writer.member("canceled_count", outcome.canceledCount)
                    writer.member("has_more", outcome.hasMore)
                })
        }
    }
}
