import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Testing

@Suite(.blocking) struct WorkerTests {
    private static let hour = 3_600_000

    @Test func `it runs at once and again after each interval`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: 5) { _ in runs.change { $0 += 1 } }
        #expect(worker.start())
        #expect(runs.wait { $0 >= 3 })
        #expect(worker.stop())
    }

    @Test func `a worker that is woken runs at once`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { _ in runs.change { $0 += 1 } }
        #expect(worker.start())
        #expect(runs.wait { $0 == 1 })
        worker.wake()
        #expect(runs.wait { $0 == 2 })
        #expect(worker.stop())
        #expect(runs.value == 2)
    }

    @Test func `a worker that is woken during a run runs once more`() {
        let begun = Observed(0)
        let mayEnd = Observed(false)
        let worker = Worker("test") { _ in
            begun.change { $0 += 1 }
            mayEnd.wait { $0 }
            return .whenWoken
        }
        #expect(worker.start())
        #expect(begun.wait { $0 == 1 })
        for _ in 0..<3 { worker.wake() }
        mayEnd.change { $0 = true }
        #expect(begun.wait { $0 == 2 })
        #expect(worker.stop())
        #expect(begun.value == 2)
    }

    @Test func `stop does not wait for the interval`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { _ in runs.change { $0 += 1 } }
        #expect(worker.start())
        #expect(runs.wait { $0 == 1 })
        #expect(worker.stop())
        #expect(runs.value == 1)
    }

    @Test func `stop lets the run under way come to its end and starts no other`() {
        let begun = Observed(0)
        let mayEnd = Observed(false)
        let ended = Observed(0)
        let worker = Worker("test", intervalMilliseconds: 0) { _ in
            begun.change { $0 += 1 }
            mayEnd.wait { $0 }
            ended.change { $0 += 1 }
        }
        #expect(worker.start())
        #expect(begun.wait { $0 == 1 })
        worker.requestStop()
        #expect(!worker.waitForEnd(by: .after(milliseconds: 1)))
        mayEnd.change { $0 = true }
        #expect(worker.stop())
        #expect(begun.value == 1)
        #expect(ended.value == 1)
    }

    @Test func `a run under way is told of the end`() {
        let token = Observed<StopToken?>(nil)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { stop in
            token.change { $0 = stop }
            #expect(comesTrue { stop.isStopRequested })
        }
        #expect(worker.start())
        #expect(token.wait { $0?.isStopRequested == false })
        #expect(worker.stop())
        #expect(token.value?.isStopRequested == true)
    }

    @Test func `a run that does not hear of the end is not waited for beyond the deadline`() {
        let hasBegun = Observed(false)
        let mayEnd = Observed(false)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { _ in
            hasBegun.change { $0 = true }
            mayEnd.wait(withinMilliseconds: Self.hour) { $0 }
        }
        #expect(worker.start())
        #expect(hasBegun.wait { $0 })
        worker.requestStop()
        #expect(!worker.waitForEnd(by: .after(milliseconds: 50)))
        mayEnd.change { $0 = true }
        #expect(worker.stop())
    }

    @Test func `a worker that was stopped before it started does not run`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: 1) { _ in runs.change { $0 += 1 } }
        #expect(worker.stop())
        _ = worker.start()
        #expect(worker.stop())
        #expect(runs.value == 0)
    }

    @Test func `a worker is started once`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { _ in runs.change { $0 += 1 } }
        #expect(worker.start())
        #expect(!worker.start())
        #expect(runs.wait { $0 == 1 })
        #expect(worker.stop())
        #expect(worker.stop(), "Twice is as good as once.")
        #expect(runs.value == 1)
    }

    @Test func `a worker that is done runs no more, woken or not`() {
        let runs = Observed(0)
        let worker = Worker("test") { _ in
            runs.change { $0 += 1 }
            return .never
        }
        #expect(worker.start())
        #expect(worker.waitForEnd(by: .after(milliseconds: 20_000)))
        worker.wake()
        #expect(!worker.start())
        #expect(runs.value == 1)
    }

    @Test func `nothing runs while the worker is not ready, and a wake has it looked at again`() {
        let isReady = Observed(false)
        let looks = Observed(0)
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: Self.hour) { _ in runs.change { $0 += 1 } }
        let isStarted = worker.start {
            defer { looks.change { $0 += 1 } }
            return isReady.value
        }
        #expect(isStarted)
        #expect(looks.wait { $0 == 1 })
        #expect(runs.value == 0)
        isReady.change { $0 = true }
        worker.wake()
        #expect(runs.wait { $0 == 1 })
        #expect(worker.stop())
    }

    @Test func `a command runs it once, on its own thread, and not beside a worker that has been started`() {
        let runs = Observed(0)
        let worker = Worker("test", intervalMilliseconds: 1000, random: { $0 }) { stop in
            #expect(!stop.isStopRequested)
            runs.change { $0 += 1 }
        }
        #expect(worker.runOnce() == .after(milliseconds: 900))
        #expect(runs.value == 1)
        #expect(worker.start())
        #expect(runs.wait { $0 == 2 })
        #expect(worker.runOnce() == nil)
        #expect(worker.stop())
        #expect(runs.value == 2)
    }

    @Test(
        arguments: [
            (interval: 1000, jitter: nil, taken: 100), (1000, 0, 0), (1000, 400, 400), (1000, 5000, 1000),
            (1000, -1, 0),
            (5, nil, 0), (0, nil, 0),
        ] as [(interval: Int, jitter: Int?, taken: Int)])
    func `a pause is shorter than the interval by the jitter at most`(interval: Int, jitter: Int?, taken: Int) {
        for random in [{ $0 }, { _ in 0 }] as [@Sendable (Int) -> Int] {
            let worker = Worker(
                "test", intervalMilliseconds: interval, jitterMilliseconds: jitter, random: random
            ) { _ in }
            #expect(worker.runOnce() == .after(milliseconds: interval - random(taken)))
        }
    }
}

extension Worker {
    /// Ends it, and whether that took less than 20 s.
    fileprivate func stop() -> Bool {
        requestStop()
        return waitForEnd(by: .after(milliseconds: 20_000))
    }
}
