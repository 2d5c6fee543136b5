import Concurrency
import Foundation
import SeededRandom
import SystemTesting

/// Carries orchestrations through a fault at every point they pass, one fault or two, and audits the database after each.
///
/// The points are not listed anywhere: they are recorded from a run of each saga without faults.
package struct Enumeration: Sendable {
    private struct Tally {
        var next = 0
        var secondsNotReached = 0
        var violations: [String] = []
    }

    /// After so many violations no case is begun: they show the pattern.
    private static let violationsMax = 20

    private let pairs: Bool
    private let seed: UInt64
    private let points: String?
    private let systems: Int

    /// - Parameters:
    ///   - pairs: whether to go through all ordered pairs of points too, killed at both and with two other faults; that takes
    ///     minutes.
    ///   - seed: decides those other faults, and the order of the cases.
    ///   - points: only cases whose name contains this text, as a violation's report names it.
    ///   - systems: how many systems of three services work at the same time; two for each core, since half of a saga is
    ///     waiting.
    package init(
        pairs: Bool, seed: UInt64, points: String? = nil,
        systems: Int = 2 * ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.pairs = pairs
        self.seed = seed
        self.points = points
        self.systems = systems
    }

    /// Runs all cases, printing progress, each violation, and a closing line with the figures.
    ///
    /// - Returns: whether every orchestration ended confirmed once, or canceled with its stock restored.
    package func run() throws -> Bool {
        let start = uptimeNanoseconds()
        let tally = Lock(Tally())
        var random = SeededRandom(seed: seed)
        var (singles, pairs) = try makeCases(tally, using: &random)
        if let points {
            singles.removeAll { !$0.name.contains(points) }
            pairs.removeAll { !$0.name.contains(points) }
        }
        let cases = (singles + pairs).shuffled(using: &random)
        _ = try inParallel(min(systems, max(cases.count, 1))) { _ in try work(cases, tally, since: start) }
        let (count, violations, notReached) = tally.withLock { ($0.next, $0.violations, $0.secondsNotReached) }
        for violation in violations { say("VIOLATION \(violation)") }
        let verdict =
            cases.isEmpty
            ? "no case has that name"
            : violations.isEmpty ? "100 % confirmed once, or canceled with stock restored" : "FAILED"
        say(
            "R2: \(count) sagas of \(singles.count) singles and \(pairs.count) pairs (\(notReached) had nothing left to do "
                + "at the second point); \(violations.count) violations; \(seconds(since: start)) s; seed \(seed): \(verdict)"
        )
        return violations.isEmpty && !cases.isEmpty
    }

    private func makeCases(
        _ tally: borrowing Lock<Tally>, using random: inout SeededRandom
    ) throws -> (singles: [EnumeratedCase], pairs: [EnumeratedCase]) {
        let runner = try SagaRunner()
        defer { runner.stop() }
        var singles: [EnumeratedCase] = []
        var pairs: [EnumeratedCase] = []
        for saga in Saga.allCases {
            let (places, violations) = try runner.record(saga)
            tally.withLock { $0.violations += violations.map { "\(saga.rawValue) without a fault: \($0)" } }
            say(
                "\(saga.rawValue) passes \(places.count) points: \(places.map(\.description).joined(separator: ", "))")
            // Threads race for some points' order, and the seed has to mean the same cases every time.
            let sorted = places.sorted { $0.description < $1.description }
            singles += EnumeratedCase.singles(saga, sorted)
            guard self.pairs else { continue }
            pairs += EnumeratedCase.pairs(saga, sorted)
            pairs += EnumeratedCase.mixedPairs(saga, sorted, using: &random)
        }
        return (singles, pairs)
    }

    /// Takes cases until there are none left.
    private func work(_ cases: [EnumeratedCase], _ tally: borrowing Lock<Tally>, since start: UInt64) throws {
        var runner = try SagaRunner()
        defer { runner.stop() }
        while let (index, violations) = tally.withLock({ Enumeration.take(&$0, of: cases.count) }) {
            let enumerated = cases[index]
            do {
                let outcome = try runner.run(enumerated)
                tally.withLock { tally in
                    if !outcome.isReached { tally.secondsNotReached += 1 }
                    if !outcome.violations.isEmpty {
                        tally.violations.append("\(enumerated.name): \(outcome.violations.joined(separator: " "))")
                    }
                }
            } catch {
                // A service that does not come up again, or an answer against the contract: the next case needs a system
                // that is known to be whole.
                tally.withLock { $0.violations.append("\(enumerated.name): \(error)") }
                runner.stop()
                runner = try SagaRunner()
            }
            let step = max(cases.count / 10, 1)
            if (index + 1).isMultiple(of: step) {
                say("\(index + 1) of \(cases.count) sagas, \(violations) violations, \(seconds(since: start)) s")
            }
        }
    }

    private static func take(_ tally: inout Tally, of count: Int) -> (index: Int, violations: Int)? {
        guard tally.next < count, tally.violations.count < violationsMax else { return nil }
        defer { tally.next += 1 }
        return (tally.next, tally.violations.count)
    }

    private func seconds(since start: UInt64) -> UInt64 { (uptimeNanoseconds() - start) / 1_000_000_000 }

    /// Prints at once, whatever reads it.
    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
