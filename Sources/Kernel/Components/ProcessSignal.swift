private import Glibc

/// The signals that tell a process to end or to reload, taken by waiting for them instead of by a handler: a handler may do
/// next to nothing safely.
package enum ProcessSignal: Sendable, CaseIterable {
    case terminate, interrupt, hangUp

    /// Those that tell it to end.
    package static let termination: [ProcessSignal] = [.terminate, .interrupt]

    /// For the log.
    package var name: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        case .hangUp: "SIGHUP"
        }
    }

    /// Blocks them in this thread and all that it starts later. Call it before any thread is started.
    package static func block(_ signals: [ProcessSignal]) {
        var set = signalSet(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one of them, without limit. They must be blocked in every thread.
    package static func wait(for signals: [ProcessSignal]) -> ProcessSignal {
        var set = signalSet(signals)
        while true {
            var received: Int32 = 0
            guard sigwait(&set, &received) == 0 else { continue }
            if let signal = signals.first(where: { $0.number == received }) { return signal }
        }
    }

    private var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }

    private static func signalSet(_ signals: [ProcessSignal]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal.number) }
        return set
    }
}

/// The end of a process that does not depend on any of its threads.
package enum ProcessTimeLimit {
    /// Has the kernel end the process (SIGALRM) so many seconds from now, whatever any of its threads waits for then. A second
    /// call puts it off.
    package static func endProcess(afterSeconds seconds: Int) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGALRM)
        // Whoever started the process may have left it ignored or blocked.
        signal(SIGALRM, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        alarm(UInt32(seconds))
    }
}
