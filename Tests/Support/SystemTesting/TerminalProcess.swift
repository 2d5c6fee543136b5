import Concurrency
package import Foundation
import Glibc

/// An executable whose input and output are a terminal of its own, as somebody's who starts it by hand.
package final class TerminalProcess: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isRead = true
    }

    /// `TIOCSPTLCK` and `TIOCGPTN`, which Swift's Glibc lacks.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    private let name: String
    private let process: Lock<Process>
    private let state: Lock<State>

    /// - Parameters:
    ///   - environment: all that it gets, besides where a coverage build writes its profile.
    ///   - columns: how wide the terminal is.
    package init(
        _ name: String, program: URL? = nil, arguments: [String] = [], environment: [String: String],
        columns: UInt16 = 200
    ) throws {
        self.name = name
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number) = (Int32(0), Int32(0))
        guard master >= 0, ioctl(master, TerminalProcess.setLock, &lock) == 0,
            ioctl(master, TerminalProcess.getNumber, &number) == 0
        else { throw ServiceProcess.Failure(description: "There is no terminal to be had.") }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
        let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        let process = Process()
        process.executableURL = program ?? ServiceProcess.productsDirectory.appendingPathComponent(name)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }
        process.environment = environment.merging(inherited) { own, _ in own }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        try process.run()
        try terminal.close()
        let state = Lock(State())
        self.state = state
        self.process = Lock(process)
        Foundation.Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                _ = state.wait(untilUptimeNanoseconds: nil) { $0.isRead ? true : nil }
                // Fails once nobody has the other side any more.
                let count = read(master, &chunk, chunk.count)
                guard count > 0 else { break }
                state.withLock { $0.bytes += chunk[..<count] }
            }
            close(master)
        }
    }

    /// What the terminal has been sent so far; its line ends are those of terminals, CR LF.
    package var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// From now on nobody reads the terminal, but for one more part.
    package func stopReading() { state.withLock { $0.isRead = false } }

    package func signal(_ signal: Int32) { _ = kill(process.withLock { $0.processIdentifier }, signal) }

    /// Waits for the port that it says it listens on.
    package func waitForPort() throws -> Int {
        var port: Int?
        try waitUntil(seconds: 20) {
            let plain = text.replacing(/\u{1b}\[[0-9;]*m/, with: "")
            port = plain.firstMatch(of: /listening.*?port\W+(\d+)/).flatMap { Int($0.1) }
            return port != nil
        }
        guard let port else { throw ServiceProcess.Failure(description: "\(name) does not listen:\n\(text)") }
        return port
    }

    /// Waits for its end.
    ///
    /// - Returns: the exit code.
    package func waitForExit(seconds: Int = 20) throws -> Int32 {
        try waitUntil(seconds: seconds) { process.withLock { !$0.isRunning } }
        Concurrency.Thread.sleep(milliseconds: 50)
        return process.withLock { $0.terminationStatus }
    }

    /// Ends it, whatever it is doing.
    package func end() {
        state.withLock { $0.isRead = true }
        state.broadcast()
        guard process.withLock({ $0.isRunning }) else { return }
        signal(SIGTERM)
        if (try? waitForExit(seconds: 15)) == nil { signal(SIGKILL) }
    }
}
