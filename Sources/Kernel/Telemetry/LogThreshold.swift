private import Synchronization

/// The lowest level that is written, shared by a logger and all that were made of it; read for every line, changed while they
/// are in use.
final class LogThreshold: Sendable {
    private let rawLevel: Atomic<Int>

    init(_ level: Logger.Level) { rawLevel = Atomic(level.rawValue) }

    var level: Logger.Level {
        get { Logger.Level(rawValue: rawLevel.load(ordering: .relaxed)) ?? .debug }
        set { rawLevel.store(newValue.rawValue, ordering: .relaxed) }
    }
}
