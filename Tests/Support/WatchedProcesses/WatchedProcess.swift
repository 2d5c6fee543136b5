private import Concurrency
package import Glibc

/// A shell that runs a test's server and watches over it.
///
/// The shell reads from a pipe whose other end only this process holds. When this process ends in whatever way, the
/// kernel closes that end, and the shell kills the server and removes its folder.
package final class WatchedProcess: Sendable {
    /// What the shell is told: a line `stop` or `kill`, or the end of its input, at which it kills the server and removes its
    /// folder.
    package enum End: String, Sendable {
        case stop, kill, killAndRemove
    }

    /// The shell does not start.
    package struct StartError: Error {}

    private let shell: pid_t
    private let lifeline: Int32
    private let hasEnded = Lock(false)

    /// Processes to be ended when this one exits in order, so that nothing is left a moment later either.
    private static let running = Lock<[pid_t: Int32]>([:])
    private static let atExit: Void = {
        atexit { WatchedProcess.endAll() }
    }()

    /// Starts the shell; its server is not ready yet.
    ///
    /// - Parameter command: the shell's path and arguments.
    package init(_ command: [String]) throws(StartError) {
        var pipe: [Int32] = [0, 0]
        // A socket pair serves as the pipe: it alone can be made such that no other child ever inherits it.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pipe) == 0 else {
            throw StartError()
        }
        defer { close(pipe[0]) }
        guard let shell = WatchedProcess.spawn(command, standardInput: pipe[0]) else {
            close(pipe[1])
            throw StartError()
        }
        self.shell = shell
        let lifeline = pipe[1]
        self.lifeline = lifeline
        _ = WatchedProcess.atExit
        WatchedProcess.running.withLock { $0[shell] = lifeline }
    }

    deinit { end(.killAndRemove) }

    /// Ends the server and waits for its end. Does nothing the second time.
    package func end(_ way: End) {
        let isFirst = hasEnded.withLock { hasEnded in
            defer { hasEnded = true }
            return !hasEnded
        }
        guard isFirst, WatchedProcess.running.withLock({ $0.removeValue(forKey: shell) }) != nil else { return }
        if way != .killAndRemove { _ = (way.rawValue + "\n").withCString { write(lifeline, $0, strlen($0)) } }
        close(lifeline)
        waitpid(shell, nil, 0)
    }

    /// Whether the watching shell is there. It stays when only the server ends: the server's log tells of that.
    package var isRunning: Bool { waitpid(shell, nil, WNOHANG) == 0 }

    /// Starts a program without anything of this process but its standard input, its path and its temporary folder.
    package static func spawn(_ arguments: [String], standardInput: Int32?) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        // Whoever reads this process's output must not have to wait for the server's end.
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Else the server would keep this process's connections open. Numbers that are not in use do no harm.
        for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C in the terminal must reach the shell through the pipe only. And no blocked signals:
        // the threads that run tests block most, and a shell that never hears of its child's end waits for ever.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let environment = ["PATH", "TMPDIR"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        var process = pid_t()
        let result = withCStrings(arguments) { argumentPointers in
            withCStrings(environment) { environment in
                posix_spawn(&process, arguments[0], &actions, &attributes, argumentPointers, environment)
            }
        }
        return result == 0 ? process : nil
    }

    private static func endAll() {
        let processes = running.withLock { processes in
            defer { processes = [:] }
            return processes
        }
        for lifeline in processes.values { close(lifeline) }
        for shell in processes.keys { waitpid(shell, nil, 0) }
    }

    private static func withCStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
