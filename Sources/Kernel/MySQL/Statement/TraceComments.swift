/// Which statements name the trace that they are part of, in a comment that shows in the server's logs and process list.
///
/// Only those of traces that are recorded do.
package enum TraceComments: Sendable {
    case none
    /// COMMIT and ROLLBACK, which go as text anyway: in the general log they name the trace of the connection's statements before
    /// them. It costs nothing but the bytes; what only reads names none.
    case transactionEnds
    /// All. A comment differs each time, so that each statement is prepared anew for its one execution: one round trip more.
    case all
}

/// A comment after a statement (https://google.github.io/sqlcommenter/spec/).
struct TraceComment {
    private let traceparent: String

    init(_ traceparent: String) { self.traceparent = traceparent }

    /// Hexadecimal digits and hyphens between the quotes: nothing in it could end the comment.
    var text: String { " /*traceparent='\(traceparent)'*/" }
}
