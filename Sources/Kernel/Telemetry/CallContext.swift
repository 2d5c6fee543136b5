package import Concurrency
private import Digests

/// What a service knows of the call that it serves, whichever way the call came in. Handed down explicitly, level by level.
package struct CallContext: Sendable {
    /// When the answer must be out.
    package let deadline: Deadline
    package let trace: TraceContext
    /// The caller's own, or one made here; it travels through every hop.
    package let correlationID: String
    package let caller: Caller
    /// Writes lines that carry the trace's and the correlation's ids.
    package let logger: Logger
    private let spans: SpanSink?
    private let notes: AccessNotes?

    /// - Parameters:
    ///   - spans: takes the spans of what is done for the call; nil for nobody.
    ///   - notes: takes what the request's line is to tell; nil for nobody.
    package init(
        deadline: Deadline, trace: TraceContext, correlationID: String, caller: Caller = .default, logger: Logger,
        spans: SpanSink? = nil, notes: AccessNotes? = nil
    ) {
        self.deadline = deadline
        self.trace = trace
        self.correlationID = correlationID
        self.caller = caller
        self.logger = logger
        self.spans = spans
        self.notes = notes
    }

    /// Has the request's line tell the id of what it is about: `order_id`.
    package func note(_ name: String, _ value: Logger.Value) { notes?.add(name, value) }

    /// Has the request's line tell by which idempotency key it came: as a digest, which finds the same key in another line and
    /// gives it to nobody.
    package func note(idempotencyKey key: String) {
        guard let notes, logger.level <= .warning else { return }
        notes.add("key_digest", Hex.encode(TextDigest.bytes(of: key)))
    }

    /// Begins spans that are part of the call's; nil where nobody wants them.
    package var tracer: Tracer? { Tracer(trace, spans) }

    /// This context with an earlier deadline, for one of the steps of the call.
    package func with(deadline: Deadline) -> CallContext {
        CallContext(
            deadline: min(self.deadline, deadline), trace: trace, correlationID: correlationID, caller: caller,
            logger: logger, spans: spans, notes: notes)
    }

    /// This context under another correlation id.
    package func with(correlationID: String) -> CallContext {
        CallContext(
            deadline: deadline, trace: trace, correlationID: correlationID, caller: caller,
            logger: logger.with(["correlation_id": correlationID]), spans: spans, notes: notes)
    }
}
