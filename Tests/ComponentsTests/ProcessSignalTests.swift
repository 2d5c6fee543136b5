import BlockingTesting
import Components
import Concurrency
import Glibc
import JSON
import SystemTesting
import Testing

/// What signals do to a process.
@Suite(.blocking) struct ProcessSignalTests {
    /// Lends a process whose components run.
    private func withGroup(_ arguments: String..., body: (ServiceProcess) throws -> Void) throws {
        let process = try ServiceProcess("SignaledGroup", arguments: arguments, environment: [:])
        defer { process.end() }
        try waitUntil { messages(process) == ["running"] }
        try body(process)
    }

    private func messages(_ process: ServiceProcess) -> [String] {
        process.logLines.compactMap { $0["message"]?.string }
    }

    @Test(arguments: [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")])
    func `SIGHUP reloads and does not end the process, and what tells it to end does`(
        signal: Int32, name: String
    ) throws {
        try withGroup { process in
            for count in 1...3 {
                process.signal(SIGHUP)
                try waitUntil { messages(process).count == 1 + 2 * count }
            }
            process.signal(signal)
            #expect(try process.waitForExit() == 0)
            let reloads = (1...3).flatMap { _ in ["reloading", "reloaded"] }
            #expect(messages(process) == ["running"] + reloads + ["stopping", "stopped"])
            #expect(process.logLines.compactMap { $0["value"]?.string } == ["1", "2", "3"])
            #expect(process.logLines.compactMap { $0["signal"]?.string } == [name])
        }
    }

    @Test func `SIGHUP with nothing to reload is logged and ends nothing`() throws {
        try withGroup("fixed") { process in
            process.signal(SIGHUP)
            try waitUntil { messages(process).count == 3 }
            process.signal(SIGTERM)
            #expect(try process.waitForExit() == 0)
            #expect(messages(process) == ["running", "reloading", "nothing to reload", "stopping", "stopped"])
        }
    }

    @Test func `a group that does not end in its time is ended by the kernel, whatever signals come meanwhile`() throws
    {
        try withGroup("hanging") { process in
            process.signal(SIGTERM)
            try waitUntil { messages(process).last == "stopping" }
            process.signal(SIGHUP)
            process.signal(SIGTERM)
            #expect(try process.waitForExit() == -SIGALRM)
        }
    }

    @Test func `a process that does not end in its time is ended, whatever it has done with the signal`() async {
        await #expect(processExitsWith: .signal(SIGALRM)) {
            signal(SIGALRM, SIG_IGN)
            ProcessSignal.block(ProcessSignal.termination)
            ProcessTimeLimit.endProcess(afterSeconds: 1)
            Thread.sleep(milliseconds: 20_000)
        }
    }
}
