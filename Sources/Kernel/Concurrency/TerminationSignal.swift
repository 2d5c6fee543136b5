private import Glibc

/// SIGTERM and SIGINT, taken by waiting for them instead of by a handler: a handler may do next to nothing safely.
package enum TerminationSignal {
    /// Blocks both in this thread and all that it starts later. Call it before any thread is started.
    package static func block() {
        var signals = signalSet()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for one of them, without limit: this is what a service does until it is told to stop.
    ///
    /// - Returns: the name, for the log.
    package static func wait() -> String {
        var signals = signalSet()
        var received: Int32 = 0
        while sigwait(&signals, &received) != 0 {}
        return received == SIGINT ? "SIGINT" : "SIGTERM"
    }

    /// Whether one has come that nobody has waited for yet.
    package static var isPending: Bool {
        var signals = sigset_t()
        sigpending(&signals)
        return sigismember(&signals, SIGTERM) == 1 || sigismember(&signals, SIGINT) == 1
    }

    /// Has the kernel end the process (SIGALRM) so many seconds from now, whatever any of its threads waits for then.
    package static func endProcess(afterSeconds seconds: Int) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGALRM)
        // Whoever started the process may have left it ignored or blocked.
        signal(SIGALRM, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        alarm(UInt32(seconds))
    }

    /// Ends the wait from inside the process, as `kill` would from outside.
    package static func raise() { kill(getpid(), SIGTERM) }

    private static func signalSet() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
