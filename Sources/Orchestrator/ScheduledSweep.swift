import Concurrency
import JSON
import Telemetry
import WebApplication

/// Has the Orders API cancel the orders that nobody confirmed, until none is left or the time is up.
struct ScheduledSweep: Sendable {
    let orders: OrdersClient
    let logger: Logger
    let spans: SpanSink?

    /// The same sweep with a logger whose lines carry the id that Lambda gave to the invocation.
    func logging(to logger: Logger) -> ScheduledSweep {
        ScheduledSweep(orders: orders, logger: logger, spans: spans)
    }

    /// - Parameter trace: of which the calls are part; nil begins a new one.
    /// - Returns: how many were canceled, and whether more are left, as JSON.
    /// - Throws: `SweepFailed` when the Orders API cannot be asked: the schedule's retry asks again.
    func run(correlationID: String, trace: TraceContext?, by deadline: Deadline) throws -> [UInt8] {
        let start = Deadline.nowUptimeNanoseconds()
        let trace =
            trace.map { spans != nil && $0.isRecordedByXRay ? $0.child() : $0 }
            ?? TraceContext(continuing: nil, for: spans)
        var failure: String?
        defer {
            Tracer(trace, spans)?.own(startUptimeNanoseconds: start)
                .end("abandoned-orders", .internal, [], errorType: failure)
        }
        let context = CallContext(
            deadline: deadline, trace: trace, correlationID: correlationID,
            logger: logger.with(["correlation_id": correlationID]).with(trace.logFields), spans: spans)
        var canceledCount: Int64 = 0
        var hasMore = true
        do throws(CreateAndConfirmError) {
            while hasMore, !deadline.hasPassed {
                let step = try orders.cancelAbandoned(context)
                canceledCount += step.canceledCount
                // A step without progress stopped because its time was up; there is no more now.
                hasMore = step.hasMore
                if step.canceledCount == 0 { break }
            }
        } catch {
            failure = Problem(error).code
            throw SweepFailed(description: "\(canceledCount) orders were canceled, then: \(Problem(error).detail)")
        }
        context.logger.info("abandoned orders canceled", ["count": canceledCount, "has_more": hasMore])
        return JSONWriter.object { writer in
            writer.member("canceled_count", canceledCount)
            writer.member("has_more", hasMore)
        }
    }
}

/// Why a sweep ended before its end.
struct SweepFailed: Error, CustomStringConvertible {
    let description: String
}
