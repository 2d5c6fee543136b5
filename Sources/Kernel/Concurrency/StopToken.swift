/// Tells work that goes on for a while whether to come to its end.
package struct StopToken: Sendable {
    /// For work that nobody stops: a command's, or a request's.
    package static let never = StopToken { false }

    private let read: @Sendable () -> Bool

    package init(_ isStopRequested: @escaping @Sendable () -> Bool) { read = isStopRequested }

    /// Whether to end as soon as that can be done in order. Asked between steps, each of which bounds its time.
    package var isStopRequested: Bool { read() }
}
