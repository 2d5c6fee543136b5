package import Concurrency
private import Glibc

/// Where log lines go: a file descriptor, or a test's own collector.
package struct LogSink: Sendable {
    package let write: @Sendable ([UInt8]) -> Void
    /// The same for a line that is to be kept when others are dropped already.
    let writeFromReserve: @Sendable ([UInt8]) -> Void
    private let queue: LogQueue?

    /// Hands each line over at once, on the thread that logs.
    package init(write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
        writeFromReserve = write
        queue = nil
    }

    /// Whole lines to standard output, which nobody waits for; see `LogQueue`. A line that cannot be written is dropped: a
    /// full disk or a closed pipe must not stop the service that reports it.
    ///
    /// What waits when the process exits in order is given `exitMilliseconds`; `_exit` needs a `flush` before it.
    package static let standardOutput: LogSink = {
        atexit { LogSink.standardOutput.flush(by: .after(milliseconds: LogSink.exitMilliseconds)) }
        return LogSink(LogQueue(STDOUT_FILENO))
    }()

    /// 500 ms: a reader that reads takes the whole queue in a few, and one that does not must not hold up the end.
    package static let exitMilliseconds = 500

    init(_ queue: LogQueue) {
        write = { queue.add($0) }
        writeFromReserve = { queue.add($0, usesReserve: true) }
        self.queue = queue
    }

    /// Waits until the lines so far are written or given up.
    ///
    /// - Returns: false when `deadline` comes first.
    @discardableResult
    package func flush(by deadline: Deadline) -> Bool { queue?.flush(by: deadline) ?? true }

    /// Lines that were dropped: there was no space for them, or they could not be written.
    package var dropped: UInt64 { queue?.dropped ?? 0 }
}
