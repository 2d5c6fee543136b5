import BlockingTesting
import Testing

/// Tests that block do not run in Swift's pool, whatever their form.
@Suite(.blocking) struct BlockingTraitTests {
    @Test func `a body has a thread of ours`() {
        #expect(BlockingThreads.many.isCurrent)
    }

    @Test(arguments: 1...2)
    func `a body with an argument has one`(number: Int) {
        #expect(BlockingThreads.many.isCurrent)
    }

    @Test func `a body that awaits has one before and after, and a task of its own has not`() async {
        #expect(BlockingThreads.many.isCurrent)
        let task = Task { BlockingThreads.many.isCurrent }
        #expect(await task.value == false)
        #expect(BlockingThreads.many.isCurrent)
    }

    @Suite struct Inner {
        @Test func `a body in a suite's suite has one`() {
            #expect(BlockingThreads.many.isCurrent)
        }
    }
}
