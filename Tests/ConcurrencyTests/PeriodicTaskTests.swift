import Concurrency
import Testing

@Suite struct PeriodicTaskTests {
    @Test func `it runs at once and again after each interval`() {
        let runs = Lock(0)
        let task = PeriodicTask()
        #expect(
            task.start(intervalMilliseconds: 5) { _ in
                runs.withLock { $0 += 1 }
                runs.broadcast()
            })
        #expect(
            runs.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 10_000_000_000) { $0 >= 3 ? true : nil } == true)
        task.stop()
    }

    @Test func `stop does not wait for the interval`() {
        let runs = Lock(0)
        let task = PeriodicTask()
        #expect(
            task.start(intervalMilliseconds: 3_600_000) { _ in
                runs.withLock { $0 += 1 }
                runs.broadcast()
            })
        _ = runs.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 10_000_000_000) { $0 == 1 ? true : nil }
        let start = uptimeNanoseconds()
        task.stop()
        #expect(uptimeNanoseconds() - start < 5_000_000_000)
        #expect(runs.withLock { $0 } == 1)
    }

    @Test func `stop lets the run under way come to its end and starts no other`() {
        let runs = Lock((begun: 0, ended: 0))
        let task = PeriodicTask()
        #expect(
            task.start(intervalMilliseconds: 0) { _ in
                runs.withLock { $0.begun += 1 }
                runs.broadcast()
                Thread.sleep(milliseconds: 20)
                runs.withLock { $0.ended += 1 }
            })
        _ = runs.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 10_000_000_000) { $0.begun > 0 ? true : nil }
        task.stop()
        let stopped = runs.withLock { $0 }
        #expect(stopped.begun == stopped.ended)
        Thread.sleep(milliseconds: 40)
        #expect(runs.withLock { $0.begun } == stopped.begun)
    }

    @Test func `a run under way is told of the end`() {
        let hasBegun = Lock(false)
        let task = PeriodicTask()
        let isStarted = task.start(intervalMilliseconds: 3_600_000) { isEnding in
            hasBegun.withLock { $0 = true }
            hasBegun.broadcast()
            while !isEnding() { Thread.sleep(milliseconds: 1) }
        }
        #expect(isStarted)
        _ = hasBegun.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 10_000_000_000) { $0 ? true : nil }
        #expect(task.stop())
    }

    @Test func `a run that does not hear of the end is not waited for beyond the deadline`() {
        let hasBegun = Lock(false)
        let mayEnd = Lock(false)
        let task = PeriodicTask()
        let isStarted = task.start(intervalMilliseconds: 3_600_000) { _ in
            hasBegun.withLock { $0 = true }
            hasBegun.broadcast()
            _ = mayEnd.wait(untilUptimeNanoseconds: nil) { $0 ? true : nil }
        }
        #expect(isStarted)
        _ = hasBegun.wait(untilUptimeNanoseconds: uptimeNanoseconds() + 10_000_000_000) { $0 ? true : nil }
        task.requestEnd()
        let start = uptimeNanoseconds()
        #expect(!task.waitForEnd(by: .after(milliseconds: 50)))
        #expect(uptimeNanoseconds() - start < 5_000_000_000)
        mayEnd.withLock { $0 = true }
        mayEnd.broadcast()
        #expect(task.stop())
    }

    @Test func `a task that was stopped before it started does not run`() {
        let runs = Lock(0)
        let task = PeriodicTask()
        task.stop()
        _ = task.start(intervalMilliseconds: 1) { _ in runs.withLock { $0 += 1 } }
        task.stop()
        #expect(runs.withLock { $0 } == 0)
    }

    @Test func `a task is started once`() {
        let runs = Lock<Set<String>>([])
        let task = PeriodicTask()
        #expect(task.start(intervalMilliseconds: 3_600_000) { _ in _ = runs.withLock { $0.insert("first") } })
        #expect(!task.start(intervalMilliseconds: 3_600_000) { _ in _ = runs.withLock { $0.insert("second") } })
        task.stop()
        #expect(!runs.withLock { $0.contains("second") })
    }

    @Test func `stop may be called twice`() {
        let task = PeriodicTask()
        #expect(task.start(intervalMilliseconds: 1) { _ in })
        task.stop()
        task.stop()
    }
}

extension PeriodicTask {
    /// Ends it, and whether that took less than 10 s.
    @discardableResult
    fileprivate func stop() -> Bool {
        requestEnd()
        return waitForEnd(by: .after(milliseconds: 10_000))
    }
}
