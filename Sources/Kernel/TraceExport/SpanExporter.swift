package import Components
package import Concurrency
internal import CurlHTTPClient
private import Digests
private import Glibc
private import HTTPMessages
private import Resilience
package import Telemetry

/// Sends spans to a collector as OTLP/JSON over HTTP, in batches, beside the requests that they tell of.
///
/// A request adds its spans to a bounded queue and goes on, whatever the collector does; what the queue cannot hold is dropped and
/// counted. The requests that carry spans make none. What failed is sent again after growing pauses, and at the collector's
/// `Retry-After`; a batch is given up after `attemptsMax` attempts, so that one that is never taken keeps no others.
package final class SpanExporter: Component {
    /// 5 attempts, in some 20 s: a collector that restarts.
    private static let attemptsMax = 5
    /// Pauses of up to 1 s doubling to 30 s.
    private static let backoff = RetryPolicy(attemptsMax: .max, baseMilliseconds: 1000, capMilliseconds: 30_000)
    /// 100 ms at least, so that a random pause of nothing is none.
    private static let pauseMillisecondsMin = 100
    /// 5 minutes: no `Retry-After` keeps it from asking for longer.
    private static let pauseMillisecondsMax = 300_000
    /// 64 KiB of a reply; a collector's has a sentence.
    private static let replyBytesMax = 64 * 1024
    /// 1 s for what waits when the process ends, and 1.5 s for a request that is under way to be noticed to be over.
    package static let endMilliseconds = 1000
    private static let returnMilliseconds = 1500

    private struct State {
        /// Failures since something arrived.
        var failureCount = 0
        /// Of the oldest batch.
        var attemptCount = 0
        var notBefore = Deadline(uptimeNanoseconds: 0)
        /// When the process is to end; nil while it is not.
        var end: Deadline?
    }

    private enum Outcome {
        case arrived(rejectedCount: Int)
        case refused(reason: String)
        case failed(reason: String, retryAfterMilliseconds: Int)
    }

    package let name = "trace-export"
    private let settings: TraceExportSettings
    private let resource: OTLPTraces.Resource
    private let queue: SpanQueue
    private let transport: CurlTransport
    private let logger: Logger
    private let state: Lock<State>
    private let worker: Lock<Worker?>

    /// - Returns: nil where `settings` is; the counters are there all the same.
    package static func make(
        _ settings: TraceExportSettings?, service: String, version: String, _ logger: Logger, _ metrics: Metrics
    ) -> SpanExporter? {
        let exporter = settings.map { SpanExporter($0, service: service, version: version, logger) }
        metrics.counter("spans_exported_total", "Spans that the collector took.") { exporter?.queue.sent ?? 0 }
        metrics.counters(
            "spans_dropped_total", "Spans that the collector never got, by the reason.", labels: ["reason"]
        ) { SpanQueue.Loss.allCases.map { ([$0.rawValue], exporter?.queue.lost($0) ?? 0) } }
        return exporter
    }

    init(_ settings: TraceExportSettings, service: String, version: String, _ logger: Logger) {
        let state = Lock(State())
        self.settings = settings
        self.state = state
        self.logger = logger
        queue = SpanQueue(countMax: settings.queueMax)
        resource = OTLPTraces.Resource(
            attributes: [
                ("service.name", .text(settings.serviceName ?? service)), ("service.version", .text(version)),
                ("service.instance.id", .text(Hex.encode(randomBytes(count: 16)))),
                ("process.pid", .number(Int(getpid()))),
            ], scopeVersion: version)
        var configuration = CurlTransportConfiguration()
        configuration.attemptTimeoutMilliseconds = settings.timeoutMilliseconds
        configuration.replyBytesMax = SpanExporter.replyBytesMax
        configuration.handlesMax = 1
        configuration.connectionsPerHandleMax = 1
        configuration.stop = StopToken { state.withLock { $0.end?.hasPassed ?? false } }
        transport = CurlTransport(configuration: configuration)
        worker = Lock(nil)
    }

    /// Takes spans, and says which traces are recorded.
    package var sink: SpanSink {
        SpanSink(ratio: settings.ratio) { [self] span in
            if queue.add(span) { worker.withLock { $0 }?.wake() }
        }
    }

    package func start(_ control: ComponentControl) throws(ComponentError) {
        let worker = Worker(name) { [self] stop in run(stop) }
        self.worker.withLock { $0 = worker }
        guard worker.start() else { throw .threadUnavailable }
    }

    /// Goes on: the last requests have yet to end. `finish` follows.
    package func drain(by deadline: Deadline) {}

    package func stop(by deadline: Deadline) -> Bool { true }

    /// Sends what waits, until `deadline`, and ends.
    ///
    /// - Returns: whether its thread has ended.
    package func finish(by deadline: Deadline) -> Bool {
        guard let worker = worker.withLock({ $0 }) else { return true }
        state.withLock { state in
            state.end = deadline
            // One more try, however long the collector has been away.
            state.notBefore = Deadline(uptimeNanoseconds: 0)
        }
        worker.wake()
        _ = queue.waitUntilEmpty(by: deadline)
        worker.requestStop()
        let hasEnded = worker.waitForEnd(by: max(deadline, .after(milliseconds: SpanExporter.returnMilliseconds)))
        let count = queue.giveUp()
        if count > 0 { logger.warning("spans not exported", ["count": count, "cause": "the process ends"]) }
        return hasEnded
    }

    /// Sends what waits on this thread, where no thread of its own does (Lambda). What is not sent by `deadline` waits on.
    package func flush(by deadline: Deadline) {
        while !deadline.hasPassed, !queue.isEmpty, sendNext(by: deadline) {}
    }

    private func run(_ stop: StopToken) -> Worker.Next {
        while !stop.isStopRequested {
            let pause = state.withLock { $0.notBefore }.remainingMilliseconds
            if pause > 0 { return .after(milliseconds: pause) }
            let end = state.withLock { $0.end }
            guard sendNext(by: end ?? .after(milliseconds: settings.timeoutMilliseconds)) else { break }
            // The rest waits for more, unless there will be none.
            guard queue.hasBatch || end != nil else { break }
        }
        return .after(milliseconds: settings.delayMilliseconds)
    }

    /// Sends a batch once.
    ///
    /// - Returns: whether another may follow at once.
    private func sendNext(by deadline: Deadline) -> Bool {
        guard state.withLock({ $0.notBefore.hasPassed }) else { return false }
        let batch = queue.take()
        guard !batch.isEmpty else { return false }
        switch send(batch, by: deadline) {
        case .arrived(let rejectedCount):
            queue.settle(batch.count, lostCount: rejectedCount)
            noteArrival()
            return true
        case .refused(let reason):
            queue.settle(batch.count, lostCount: batch.count)
            noteRefusal(reason)
            return true
        case .failed(let reason, let retryAfterMilliseconds):
            if noteFailure(reason, pauseMilliseconds: retryAfterMilliseconds) {
                queue.settle(batch.count, lostCount: batch.count, .unreachable)
            } else {
                queue.putBack(batch)
            }
            return false
        }
    }

    private func send(_ batch: [Span], by deadline: Deadline) -> Outcome {
        var request = Request(.post, settings.target, headers: settings.headers, body: OTLPTraces.body(batch, resource))
        request.headers["Content-Type"] = "application/json"
        do throws(TransportError) {
            let response = try transport.send(request, to: settings.origin, by: deadline)
            switch response.status.code {
            case 200..<300: return .arrived(rejectedCount: OTLPTraces.rejectedCount(response.body, of: batch.count))
            // Those that the protocol calls worth another try.
            case 429, 502, 503, 504:
                return .failed(
                    reason: "The collector answered \(response.status).",
                    retryAfterMilliseconds: (RetryAfter.seconds(response) ?? 0) * 1000)
            default: return .refused(reason: "The collector answered \(response.status).")
            }
        } catch {
            if case .invalidRequest = error { return .refused(reason: error.message) }
            return .failed(reason: error.message, retryAfterMilliseconds: 0)
        }
    }

    private func noteArrival() {
        let wasFailing = state.withLock { state in
            defer {
                state.failureCount = 0
                state.attemptCount = 0
            }
            return state.failureCount > 0
        }
        if wasFailing { logger.info("spans are exported again") }
    }

    /// The same batch would be refused again; the next may be taken.
    private func noteRefusal(_ reason: String) {
        let isFirst = state.withLock { state in
            state.failureCount += 1
            state.attemptCount = 0
            return state.failureCount == 1
        }
        if isFirst { logger.warning("spans not exported", ["cause": reason]) }
    }

    /// - Parameter pauseMilliseconds: what the collector asked for.
    /// - Returns: whether the batch is to be given up.
    private func noteFailure(_ reason: String, pauseMilliseconds: Int) -> Bool {
        let (isFirst, isLast) = state.withLock { state in
            state.failureCount += 1
            state.attemptCount += 1
            let pause = SpanExporter.backoff.pauseMilliseconds(
                afterAttempt: state.failureCount, atLeastMilliseconds: SpanExporter.pauseMillisecondsMin,
                by: Deadline(uptimeNanoseconds: .max))
            let longest = min(max(pause ?? 0, pauseMilliseconds), SpanExporter.pauseMillisecondsMax)
            if state.end == nil { state.notBefore = .after(milliseconds: longest) }
            defer { if state.attemptCount >= SpanExporter.attemptsMax { state.attemptCount = 0 } }
            return (state.failureCount == 1, state.attemptCount >= SpanExporter.attemptsMax)
        }
        if isFirst { logger.warning("spans not exported", ["cause": reason]) }
        return isLast
    }
}
