internal import Concurrency
private import Glibc

/// Log lines on their way to a descriptor: whoever logs adds a line and goes on, and one thread writes.
///
/// A write blocks for as long as nobody reads (a full pipe, a stopped terminal). Only that thread waits then; what the queue
/// cannot hold is dropped and counted. The descriptor is not made non-blocking for it: others share its description. The
/// thread lives as long as the process.
final class LogQueue: Sendable {
    /// 1 MiB: some 3,000 lines, what a service under full load logs in a second.
    static let bytesMax = 1 << 20
    /// 8192: what short lines may take besides their bytes.
    static let linesMax = 8192
    /// A quarter more for lines that are not to be left out: some 1,000 changes after the log's reader has stopped.
    private static let reserveDivisor = 4

    private static let newline = UInt8(ascii: "\n")

    private enum Writer {
        case none, asleep, awake
    }

    private struct State {
        var waiting: [[UInt8]] = []
        /// Of lines that wait or are being written.
        var bytesHeld = 0
        /// Since the beginning; those of them that are settled were written, or could not be.
        var accepted: UInt64 = 0
        var settled: UInt64 = 0
        var dropped: UInt64 = 0
        var writer = Writer.none
        /// How many threads wait for lines to be settled.
        var flushing = 0
        /// `settled` when somebody last waited for more in vain.
        var stalledAt: UInt64?
    }

    private let descriptor: Int32
    private let bytesMax: Int
    private let linesMax: Int
    private let state = Lock(State())

    init(_ descriptor: Int32, bytesMax: Int = LogQueue.bytesMax, linesMax: Int = LogQueue.linesMax) {
        self.descriptor = descriptor
        self.bytesMax = bytesMax
        self.linesMax = linesMax
    }

    /// Lines that were not written, or not whole.
    var dropped: UInt64 { state.withLock { $0.dropped } }

    /// Adds a line, without waiting; one for which there is no space is dropped.
    ///
    /// - Parameter usesReserve: for a line that is to be kept when others are dropped already.
    func add(_ line: [UInt8], usesReserve: Bool = false) {
        let linesMax = usesReserve ? linesMax + linesMax / LogQueue.reserveDivisor : linesMax
        let bytesMax = usesReserve ? bytesMax + bytesMax / LogQueue.reserveDivisor : bytesMax
        let writer: Writer = state.withLock { state in
            guard state.accepted - state.settled < linesMax, state.bytesHeld + line.count <= bytesMax else {
                state.dropped += 1
                return .awake
            }
            state.waiting.append(line)
            state.bytesHeld += line.count
            state.accepted += 1
            return LogQueue.awaken(&state)
        }
        set(writer)
    }

    /// Waits until every line that was added before is written or given up.
    ///
    /// - Returns: false when `deadline` comes first. Until the writer gets on again, later calls do not wait for it: a
    ///   reader that does not read costs its patience once.
    @discardableResult
    func flush(by deadline: Deadline) -> Bool {
        let (goal, writer): (UInt64?, Writer) = state.withLock { state in
            guard state.settled < state.accepted, state.stalledAt != state.settled else { return (nil, .awake) }
            state.flushing += 1
            return (state.accepted, LogQueue.awaken(&state))
        }
        guard let goal else { return state.withLock { $0.settled == $0.accepted } }
        set(writer)
        let isDone = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state in
            state.settled >= goal || state.writer == .none ? true : nil
        }
        return state.withLock { state in
            state.flushing -= 1
            if isDone == nil { state.stalledAt = state.settled }
            return state.settled >= goal
        }
    }

    /// What the writer was, for `set`.
    private static func awaken(_ state: inout State) -> Writer {
        defer { state.writer = .awake }
        return state.writer
    }

    /// Sets a writer that was not awake to work.
    private func set(_ writer: Writer) {
        switch writer {
        case .awake: break
        case .asleep: state.broadcast()
        case .none:
            // A signal that the process waits for elsewhere must not end it here, nor a pipe whose reader has gone (SIGPIPE).
            if let thread = Thread.start(takesSignals: false, { [self] in work() }) { return thread.detach() }
            // The lines stay where they are, and the next one tries again.
            state.withLock { $0.writer = .none }
            state.broadcast()
        }
    }

    private func work() {
        var isLineCut = false
        while true {
            // Without limit: the thread ends with the process.
            let lines = state.wait(untilUptimeNanoseconds: nil) { state -> [[UInt8]]? in
                guard !state.waiting.isEmpty else {
                    state.writer = .asleep
                    return nil
                }
                state.writer = .awake
                defer { state.waiting = [] }
                return state.waiting
            }
            var rest = (lines ?? [])[...]
            while !rest.isEmpty {
                let batch = LogQueue.batch(of: rest)
                rest = rest.dropFirst(batch.count)
                write(batch, &isLineCut)
            }
        }
    }

    /// Whole lines that a pipe takes in one piece, whoever else writes to it; a longer line is a batch of its own.
    private static func batch(of lines: ArraySlice<[UInt8]>) -> ArraySlice<[UInt8]> {
        var byteCount = 0
        let end = lines.firstIndex { line in
            byteCount += line.count
            return byteCount > Int(PIPE_BUF)
        }
        return lines[..<max(end ?? lines.endIndex, lines.startIndex + 1)]
    }

    /// - Parameter isLineCut: whether the descriptor has the beginning of a line, whose end could not be written. The next line
    ///   must not continue it.
    private func write(_ lines: ArraySlice<[UInt8]>, _ isLineCut: inout Bool) {
        let byteCount = lines.reduce(0) { $0 + $1.count }
        let text = (isLineCut ? [LogQueue.newline] : []) + lines.joined()
        let written = write(text)
        if written > 0 { isLineCut = text[written - 1] != LogQueue.newline }
        // From the end, so that the line end before them does not count.
        var unwritten = text.count - written
        var lost: UInt64 = 0
        for line in lines.reversed() where unwritten > 0 {
            unwritten -= line.count
            lost += 1
        }
        let isAwaited = state.withLock { state in
            state.settled += UInt64(lines.count)
            state.dropped += lost
            state.bytesHeld -= byteCount
            return state.flushing > 0
        }
        if isAwaited { state.broadcast() }
    }

    /// - Returns: how many bytes could be written; fewer than all after an error (a closed pipe, a full disk).
    private func write(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    written += count
                } else if count < 0, errno == EAGAIN {
                    // Whoever shares it has made it non-blocking.
                    var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&polled, 1, -1)
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
            return written
        }
    }
}
