private import Concurrency
package import Testing

/// Runs the bodies of tests that block outside Swift's pool. That has a thread for each core: a few such bodies would keep every other
/// test, and the tasks of the code under test, from running.
///
/// How long the bodies took, without any wait for a thread, is printed at the end of the process.
package struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    fileprivate let threads: BlockingThreads

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(threads) {
            let start = Deadline.nowUptimeNanoseconds()
            defer { TestDurations.shared.add(Deadline.nowUptimeNanoseconds() - start, to: test) }
            try await function()
        }
    }
}

extension Trait where Self == BlockingTrait {
    /// For tests, or suites with all in them, that wait for threads, sockets, processes or a database.
    package static var blocking: Self { blocking(on: .many) }

    package static func blocking(on threads: BlockingThreads) -> Self { Self(threads: threads) }
}
