import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Telemetry
import Testing

@testable import Components

@Suite(.blocking) struct ComponentGroupTests {
    private let lines = Lines()
    private let steps = Observed<[String]>([])
    private let control = ComponentControl()

    private func scripted(_ name: String, _ behavior: Scripted.Behavior = .orderly) -> Scripted {
        Scripted(name: name, steps: steps, behavior: behavior)
    }

    /// Runs the group on a thread of its own until `body` has asked for the end.
    private func run(
        _ components: [any Component], reloadables: [Reloadable] = [], drainMilliseconds: Int = 20_000,
        _ body: () -> Void
    ) throws -> Result<Bool, ComponentError>? {
        let group = ComponentGroup(components, reloadables: reloadables, logger: lines.logger())
        let result = Observed<Result<Bool, ComponentError>?>(nil)
        let thread = Thread.start { [control] in
            do throws(ComponentError) {
                let isComplete = try group.run(control, drainMilliseconds: drainMilliseconds)
                result.change { $0 = .success(isComplete) }
            } catch {
                result.change { $0 = .failure(error) }
            }
        }
        body()
        result.wait(withinMilliseconds: 40_000) { $0 != nil }
        try #require(thread).detach()
        return result.value
    }

    @Test func `components are started in order, and each is drained before it is stopped`() throws {
        let result = try run([scripted("a"), scripted("b"), scripted("c")]) {
            #expect(steps.wait { $0.count == 3 })
            #expect(steps.value == ["a start", "b start", "c start"])
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == true)
        #expect(steps.value.count == 9)
        for name in ["a", "b", "c"] {
            #expect(steps.value.filter { $0.hasPrefix(name) } == ["\(name) start", "\(name) drain", "\(name) stop"])
        }
        #expect(lines.messages == ["stopping", "stopped"])
        #expect(lines.contains(#""signal":"SIGTERM""#))
    }

    @Test func `a component that does not stop is reported by name, and the others are stopped all the same`() throws {
        let hanging = scripted("hanging", .hanging)
        defer { hanging.mayReturn.change { $0 = true } }
        let components = [scripted("a"), hanging, scripted("unfinished", .unfinished), scripted("b")]
        let result = try run(components, drainMilliseconds: 50) {
            #expect(steps.wait { $0.count == 4 })
            control.requestStop(.signal("SIGINT"))
            #expect(steps.wait { $0.contains("a stop") && $0.contains("b stop") && $0.contains("unfinished stop") })
        }
        #expect(try result?.get() == false)
        #expect(!steps.value.contains("hanging stop"))
        #expect(
            lines.messages == ["stopping", "Not everything has ended in time; it ends with the process.", "stopped"])
        #expect(lines.contains(#""left":["hanging","unfinished"]"#))
    }

    @Test func `where one cannot be started those before it are stopped, and those after it left alone`() throws {
        let result = try run([scripted("a"), scripted("b", .unstartable), scripted("c")]) {}
        #expect(throws: ComponentError.failed("b cannot be had.")) { try result?.get() }
        #expect(steps.value.contains("a stop"))
        #expect(steps.value.contains("b stop"), "It may have begun something.")
        #expect(!steps.value.contains { $0.hasPrefix("c") })
        #expect(lines.messages == [])
    }

    @Test func `an end that is asked for during the start is heard, and what comes later is not started`() throws {
        let result = try run([scripted("a", .waiting), scripted("b")]) {
            #expect(steps.wait { $0 == ["a start"] })
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == true)
        #expect(steps.value == ["a start", "a drain", "a stop"])
    }

    @Test func `a component may end the group, and the first cause is the one that is told`() throws {
        let result = try run([scripted("a")]) {
            #expect(control.requestStop(.failure("schema refused")))
            #expect(!control.requestStop(.signal("SIGTERM")))
        }
        #expect(try result?.get() == true)
        #expect(lines.contains(#""cause":"schema refused""#))
        #expect(!lines.contains("SIGTERM"))
    }

    @Test func `a worker is a component`() throws {
        let runs = Observed(0)
        let worker = Worker("counter", intervalMilliseconds: 3_600_000) { _ in runs.change { $0 += 1 } }
        let isReady = Observed(false)
        let result = try run([WorkerComponent(worker, onlyIf: { isReady.value }), scripted("a")]) {
            #expect(steps.wait { $0 == ["a start"] })
            #expect(runs.value == 0)
            isReady.change { $0 = true }
            worker.wake()
            #expect(runs.wait { $0 == 1 })
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == true)
        #expect(worker.waitForEnd(by: .after(milliseconds: 0)))
    }

    @Test func `a worker that does not hear of the end is reported by name`() throws {
        let hasBegun = Observed(false)
        let mayEnd = Observed(false)
        defer { mayEnd.change { $0 = true } }
        let worker = Worker("deaf", intervalMilliseconds: 1) { _ in
            hasBegun.change { $0 = true }
            mayEnd.wait(withinMilliseconds: 60_000) { $0 }
        }
        let result = try run([WorkerComponent(worker)], drainMilliseconds: 0) {
            #expect(hasBegun.wait { $0 })
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == false)
        #expect(lines.contains(#""left":["deaf"]"#))
    }

    @Test func `a reload reads each setting again and tells what has changed`() throws {
        let outcomes = Observed<[Reloadable.Outcome]>([.unchanged, .changed("two"), .refused("no number")])
        let names = ["ONE", "TWO", "THREE"]
        let reloadables = names.enumerated().map { index, name in
            Reloadable(name) { outcomes.value[index] }
        }
        let result = try run([scripted("a")], reloadables: reloadables) {
            control.requestReload()
            #expect(lines.all.wait { $0.count == 3 })
            outcomes.change { $0 = [.unchanged, .unchanged, .unchanged] }
            control.requestReload()
            #expect(lines.all.wait { $0.count == 5 })
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == true)
        #expect(
            lines.messages == [
                "reloading", "reloaded", "not reloaded", "reloading", "nothing to reload", "stopping", "stopped",
            ])
        #expect(lines.contains(#""setting":"TWO","value":"two""#))
        #expect(lines.contains(#""setting":"THREE","cause":"no number""#))
        #expect(!lines.contains("ONE"))
        #expect(steps.value.filter { $0 == "a start" }.count == 1)
    }

    @Test func `a reload with nothing to reload is logged`() throws {
        let result = try run([]) {
            control.requestReload()
            #expect(lines.all.wait { $0.count == 2 })
            control.requestStop(.signal("SIGTERM"))
        }
        #expect(try result?.get() == true)
        #expect(lines.messages == ["reloading", "nothing to reload", "stopping", "stopped"])
    }
}
