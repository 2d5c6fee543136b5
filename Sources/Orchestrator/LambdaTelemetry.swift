import Concurrency
import Telemetry
import TraceExport

/// What an invocation has measured and recorded, on its way out before the invocation's reply: afterwards Lambda freezes the process.
struct LambdaTelemetry: Sendable {
    /// 500 ms for the spans of an invocation, where its deadline leaves as much: a collector nearby takes a few. While one cannot be
    /// asked, most invocations do not wait for it.
    private static let exportMilliseconds = 500
    /// 250 ms before the invocation's deadline: the answer, which is ready, must still get out.
    private static let reserveMilliseconds = 250

    /// Nil where no spans are sent.
    let exporter: SpanExporter?
    /// Nil where nothing is measured for CloudWatch.
    let metrics: EmbeddedMetrics?
    let sink: LogSink

    /// Writes the measurements to the log, which the runtime has read before it answers, and sends the spans.
    ///
    /// - Parameter deadline: the invocation's.
    func flush(by deadline: Deadline) {
        for line in metrics?.takeLines(at: .now()) ?? [] { sink.write(line) }
        exporter?.flush(
            by: deadline.earlier(milliseconds: LambdaTelemetry.reserveMilliseconds)
                .capped(milliseconds: LambdaTelemetry.exportMilliseconds))
    }
}
