private import Concurrency

/// What the line of one request tells besides what every such line does: found by whoever does the work.
package final class AccessNotes: Sendable {
    private let fields = Lock<[(name: String, value: Logger.Value)]>([])

    package init() {}

    func add(_ name: String, _ value: Logger.Value) {
        fields.withLock { fields in
            fields.removeAll { $0.name == name }
            fields.append((name, value))
        }
    }

    /// A logger whose lines carry what was found.
    package func added(to logger: Logger) -> Logger {
        fields.withLock { $0 }.reduce(logger) { $0.with([$1.name: $1.value]) }
    }
}
