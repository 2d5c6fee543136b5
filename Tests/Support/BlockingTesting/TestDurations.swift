private import Concurrency
private import Glibc
internal import Testing

/// Adds up how long the bodies of tests took, and prints the slowest at the end of the process.
final class TestDurations: Sendable {
    static let shared = TestDurations()

    private static let printedCount = 10

    private let nanoseconds = Lock<[String: UInt64]>([:])

    private init() {
        atexit { TestDurations.shared.printSlowest() }
    }

    /// - Parameter test: one that is run with several arguments counts as one.
    func add(_ duration: UInt64, to test: Test) {
        let name = ([test.id.moduleName] + test.id.nameComponents).joined(separator: "/")
        nanoseconds.withLock { $0[name, default: 0] += duration }
    }

    private func printSlowest() {
        let all = nanoseconds.withLock { $0 }
        print("The slowest tests, in seconds of their bodies alone:")
        for (name, duration) in all.sorted(by: { $0.value > $1.value }).prefix(Self.printedCount) {
            let tenths = (duration + 50_000_000) / 100_000_000
            print("\(tenths / 10).\(tenths % 10)  \(name)")
        }
    }
}
