import Concurrency
import Foundation
import SeededRandom
import SystemTesting

/// Kills, or holds up for longer than its lease, whoever works on an asynchronous order, or is asked to by its saga, at each point that
/// they pass, and sees whether the order still ends as it should: one capture at most, the stock and the money exact, nothing left to
/// do.
///
/// The points are not listed anywhere: they are recorded from orders without faults.
struct AsyncEnumeration {
    private struct Case: Sendable {
        let scenario: AsyncScenario
        let fault: Fault

        var name: String { "\(scenario.rawValue): \(fault)" }
    }

    private struct Tally {
        var next = 0
        var violations: [String] = []
    }

    /// After so many violations no case is begun: they show the pattern.
    private static let violationsMax = 20
    /// Two for each core: half of a case is waiting.
    private static let systems = 2 * ProcessInfo.processInfo.activeProcessorCount

    private let seed: UInt64
    private let points: String?

    /// - Parameters:
    ///   - seed: decides the order of the cases.
    ///   - points: only cases whose name contains this text, as a violation's report names it.
    init(seed: UInt64, points: String?) {
        self.seed = seed
        self.points = points
    }

    /// Runs all cases, printing each violation and a closing line with the figures.
    ///
    /// - Returns: whether every order ended as it should.
    func run() throws -> Bool {
        let start = uptimeNanoseconds()
        var violations: [String] = []
        var count = 0
        for arrangement in AsyncArrangement.allCases {
            let (cases, flaws) = try makeCases(arrangement)
            count += cases.count
            violations += flaws
            let tally = Lock(Tally())
            _ = try inParallel(min(AsyncEnumeration.systems, max(cases.count, 1))) { _ in
                try work(cases, arrangement, tally)
            }
            violations += tally.withLock(\.violations)
        }
        for violation in violations { say("VIOLATION \(violation)") }
        say(
            "enumeration of asynchronous orders: \(count) faults, \(violations.count) violations; "
                + "\((uptimeNanoseconds() - start) / 1_000_000_000) s; seed \(seed)")
        return violations.isEmpty && count > 0
    }

    private func makeCases(_ arrangement: AsyncArrangement) throws -> (cases: [Case], violations: [String]) {
        let runner = try AsyncCaseRunner(arrangement)
        defer { runner.stop() }
        var cases: [Case] = []
        var violations: [String] = []
        for scenario in AsyncScenario.allCases {
            let (places, flaws) = try runner.record(scenario)
            violations += flaws.map { "\(arrangement.rawValue), \(scenario.rawValue) without a fault: \($0)" }
            say("\(arrangement.rawValue), \(scenario.rawValue): \(places.map(\.description).joined(separator: ", "))")
            for place in places.sorted(by: { $0.description < $1.description }) {
                for action in [Fault.Action.exit, .stall(milliseconds: AsyncCaseRunner.stallMilliseconds)] {
                    cases.append(Case(scenario: scenario, fault: Fault(place, action)))
                }
            }
        }
        if let points { cases.removeAll { !$0.name.contains(points) } }
        var random = SeededRandom(seed: seed)
        return (cases.shuffled(using: &random), violations)
    }

    /// Takes cases until there are none left.
    private func work(_ cases: [Case], _ arrangement: AsyncArrangement, _ tally: borrowing Lock<Tally>) throws {
        var runner = try AsyncCaseRunner(arrangement)
        defer { runner.stop() }
        while let index = tally.withLock({ AsyncEnumeration.take(&$0, of: cases.count) }) {
            let name = "\(arrangement.rawValue), \(cases[index].name)"
            do {
                let violations = try runner.run(cases[index].scenario, cases[index].fault)
                if !violations.isEmpty {
                    tally.withLock { $0.violations.append("\(name): \(violations.joined(separator: " "))") }
                }
            } catch {
                // An order that does not end, or an answer against the contract: the next case needs a system that is known to be
                // whole.
                tally.withLock { $0.violations.append("\(name): \(error)") }
                runner.stop()
                runner = try AsyncCaseRunner(arrangement)
            }
            let step = max(cases.count / 10, 1)
            if (index + 1).isMultiple(of: step) {
                say("\(index + 1) of \(cases.count) orders, \(arrangement.rawValue)")
            }
        }
    }

    private static func take(_ tally: inout Tally, of count: Int) -> Int? {
        guard tally.next < count, tally.violations.count < violationsMax else { return nil }
        defer { tally.next += 1 }
        return tally.next
    }
}
