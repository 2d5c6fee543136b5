import BlockingTesting
import Testing

@testable import EpollHTTPServer

@Suite(.blocking) struct WorkerRosterTests {
    /// Three workers of which two may be active, for 10 ns each.
    private func roster() -> WorkerRoster {
        var roster = WorkerRoster(workersMax: 3, activeMax: 2, activeNanoseconds: 10)
        for worker in 0..<3 { roster.rest(worker) }
        return roster
    }

    @Test func `each job that may begin has a worker woken, the last to rest first`() {
        var roster = roster()
        #expect(roster.wake(for: 1, at: 100) == 2)
        #expect(roster.wake(for: 1, at: 100) == nil, "That one is on its way.")
        #expect(roster.wake(for: 2, at: 100) == 1)
        #expect(roster.wake(for: 3, at: 100) == nil, "No more than two may be active.")
        #expect(roster.restingCount == 3)
    }

    @Test func `a worker that has come to the queue is on its way no longer`() {
        var roster = roster()
        #expect(roster.wake(for: 1, at: 100) == 2)
        roster.arrive(2, isWoken: true)
        roster.begin(2, at: 100)
        #expect(roster.wakingCount == 0)
        #expect(roster.wake(for: 1, at: 100) == 1)
    }

    @Test func `a job that takes long is active no longer, and another may begin`() {
        var roster = roster()
        for worker in [2, 1] {
            #expect(roster.wake(for: 2, at: 100) == worker)
            roster.arrive(worker, isWoken: true)
            roster.begin(worker, at: UInt64(100 + worker))
        }
        #expect(!roster.mayBegin(at: 103))
        #expect(!roster.hasWorker(beside: 0, at: 103))
        #expect(roster.nextChange(at: 103) == 111)
        #expect(roster.wake(for: 1, at: 110) == nil)
        #expect(roster.mayBegin(at: 111))
        #expect(roster.hasWorker(beside: 0, at: 111))
        #expect(roster.wake(for: 1, at: 111) == 0)
    }

    @Test func `a job that has ended leaves its place`() {
        var roster = roster()
        for worker in [2, 1] {
            #expect(roster.wake(for: 2, at: 100) == worker)
            roster.arrive(worker, isWoken: true)
            roster.begin(worker, at: 100)
        }
        roster.arrive(1, isWoken: false)
        #expect(roster.mayBegin(at: 101))
        roster.rest(1)
        #expect(roster.wake(for: 1, at: 101) == 1)
    }
}
