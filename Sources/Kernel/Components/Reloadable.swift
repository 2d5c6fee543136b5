/// A setting that a running process reads again when it is told to (SIGHUP).
package struct Reloadable: Sendable {
    package enum Outcome: Sendable, Equatable {
        case unchanged
        /// What holds now, for the log.
        case changed(String)
        /// Why what held before goes on.
        case refused(String)
    }

    package let name: String
    package let reload: @Sendable () -> Outcome

    /// - Parameter reload: reads it anew. While it does, a request for the end waits.
    package init(_ name: String, reload: @escaping @Sendable () -> Outcome) {
        self.name = name
        self.reload = reload
    }
}
