import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Glibc
import Testing

@testable import Telemetry

/// What stands between a logger and a descriptor that takes nothing.
@Suite(.blocking) struct LogQueueTests {
    /// `F_SETPIPE_SZ`, which Swift's Glibc lacks.
    private static let setPipeSize: Int32 = 1031
    private static let line = Array((String(repeating: "x", count: 99) + "\n").utf8)

    @Test func `what does not fit is dropped and counted, and the rest comes out whole and in order`() throws {
        let pipe = try FullPipe()
        let queue = LogQueue(pipe.write, bytesMax: 1000, linesMax: 100)
        for number in 0..<50 { queue.add(numbered(number)) }
        #expect(queue.dropped == 40)
        #expect(!queue.flush(by: .after(milliseconds: 20)))
        pipe.drain()
        #expect(comesTrue { queue.flush(by: .after(milliseconds: 1000)) })
        queue.add(numbered(50))
        #expect(queue.flush(by: .after(milliseconds: 10_000)))
        #expect(pipe.drained() == (0..<10).flatMap(numbered) + numbered(50))
        #expect(queue.dropped == 40)
    }

    @Test func `lines that are to be kept have a quarter more space than others`() throws {
        let pipe = try FullPipe()
        let queue = LogQueue(pipe.write, bytesMax: 800, linesMax: 100)
        for number in 0..<20 { queue.add(numbered(number)) }
        for number in 20..<40 { queue.add(numbered(number), usesReserve: true) }
        #expect(queue.dropped == 30)
        pipe.drain()
        #expect(comesTrue { queue.flush(by: .after(milliseconds: 1000)) })
        #expect(pipe.drained() == (Array(0..<8) + [20, 21]).flatMap(numbered))
    }

    @Test func `the number of lines is bounded as well`() throws {
        let pipe = try FullPipe()
        let queue = LogQueue(pipe.write, linesMax: 3)
        for _ in 0..<5 { queue.add([UInt8(ascii: "\n")]) }
        #expect(queue.dropped == 2)
        pipe.drain()
        #expect(queue.flush(by: .after(milliseconds: 10_000)))
    }

    @Test func `a reader that does not read costs whoever waits his patience once`() throws {
        let pipe = try FullPipe()
        let queue = LogQueue(pipe.write)
        queue.add(LogQueueTests.line)
        #expect(!queue.flush(by: .after(milliseconds: 50)))
        queue.add(LogQueueTests.line)
        let start = Deadline.nowUptimeNanoseconds()
        #expect(!queue.flush(by: .after(milliseconds: 20_000)))
        #expect(Deadline.nowUptimeNanoseconds() - start < 10_000_000_000)
        pipe.drain()
        #expect(comesTrue { queue.flush(by: .after(milliseconds: 1000)) })
        #expect(pipe.drained() == LogQueueTests.line + LogQueueTests.line)
    }

    @Test func `a pipe that somebody made non-blocking is waited for`() throws {
        let pipe = try FullPipe()
        _ = fcntl(pipe.write, F_SETFL, O_NONBLOCK)
        let queue = LogQueue(pipe.write)
        queue.add(LogQueueTests.line)
        #expect(!queue.flush(by: .after(milliseconds: 50)))
        pipe.drain()
        #expect(comesTrue { queue.flush(by: .after(milliseconds: 1000)) })
        #expect(queue.dropped == 0)
        #expect(pipe.drained() == LogQueueTests.line)
    }

    @Test func `lines that meet a full disk, a closed pipe or no descriptor are dropped and counted`() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let closed = try FullPipe()
        closed.closeReader()
        for descriptor in [full, closed.write, -1] {
            let queue = LogQueue(descriptor)
            for _ in 0..<3 { queue.add(LogQueueTests.line) }
            #expect(queue.flush(by: .after(milliseconds: 10_000)))
            #expect(queue.dropped == 3)
        }
    }

    @Test func `a line that was cut is not continued by the next`() throws {
        let folder = "/tmp/log-queue-\(getpid())"
        mkdir(folder, 0o700)
        let path = folder + "/pipe"
        defer {
            unlink(path)
            rmdir(folder)
        }
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(writer) }
        let capacity = Int(fcntl(writer, LogQueueTests.setPipeSize, 4096))
        let queue = LogQueue(writer)
        queue.add([UInt8](repeating: UInt8(ascii: "y"), count: capacity + 1000) + [UInt8(ascii: "\n")])
        #expect(!queue.flush(by: .after(milliseconds: 100)))
        // The write ends with what the pipe has taken, as it would on a disk that becomes full.
        close(reader)
        #expect(comesTrue { queue.dropped == 1 })
        let next = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(next) }
        queue.add(LogQueueTests.line)
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        _ = comesTrue {
            let count = read(next, &part, part.count)
            if count > 0 { text += part.prefix(count) }
            return text.count > capacity
        }
        #expect(
            text == [UInt8](repeating: UInt8(ascii: "y"), count: capacity) + [UInt8(ascii: "\n")] + LogQueueTests.line)
    }

    private func numbered(_ number: Int) -> [UInt8] {
        Array((String(number) + String(repeating: "x", count: 99)).utf8.prefix(99)) + [UInt8(ascii: "\n")]
    }
}

/// A pipe that takes nothing until it is drained.
private final class FullPipe {
    let write: Int32
    private var read: Int32
    private var filling = 0
    private var text: [UInt8] = []

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
        _ = fcntl(read, F_SETFL, O_NONBLOCK)
        _ = fcntl(write, F_SETFL, O_NONBLOCK)
        let page = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.write(write, page, page.count)
            guard count > 0 else { break }
            filling += count
        }
        _ = fcntl(write, F_SETFL, 0)
    }

    deinit {
        closeReader()
        close(write)
    }

    func closeReader() {
        if read >= 0 { close(read) }
        read = -1
    }

    /// All that has been written so far, without what it was filled with.
    func drained() -> [UInt8] {
        drain()
        return text
    }

    func drain() {
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(read, &part, part.count)
            guard count > 0 else { break }
            text += part.prefix(count).dropFirst(filling)
            filling -= min(filling, count)
        }
    }
}
