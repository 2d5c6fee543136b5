import Concurrency
import Glibc
import Testing

@Suite struct TerminationSignalTests {
    @Test func `a process that does not end in its time is ended, whatever it has done with the signal`() async {
        await #expect(processExitsWith: .signal(SIGALRM)) {
            signal(SIGALRM, SIG_IGN)
            TerminationSignal.block()
            TerminationSignal.endProcess(afterSeconds: 1)
            Thread.sleep(milliseconds: 20_000)
        }
    }
}
