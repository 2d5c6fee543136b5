import BlockingTesting
import Testing

@testable import AMQP

@Suite(.blocking) struct ConfirmWindowTests {
    @Test func `each message is settled by its own confirm`() {
        var window = ConfirmWindow(firstTag: 5, count: 3)
        for tag: UInt64 in [6, 5, 7] {
            #expect(!window.isSettled)
            let first = window.settle(tag: tag, isMultiple: false, isTaken: true)
            #expect(first)
        }
        #expect(window.isSettled)
        #expect(window.notTakenCount == 0)
    }

    @Test func `a multiple confirm settles all before it that were not`() {
        var window = ConfirmWindow(firstTag: 1, count: 64)
        let first = window.settle(tag: 2, isMultiple: false, isTaken: false)
        #expect(first)
        let second = window.settle(tag: 60, isMultiple: true, isTaken: true)
        #expect(second)
        #expect(window.pendingCount == 4)
        let third = window.settle(tag: 64, isMultiple: true, isTaken: false)
        #expect(third)
        #expect(window.isSettled)
        #expect(window.notTakenCount == 5)
    }

    @Test func `number 0 with multiple means all`() {
        var window = ConfirmWindow(firstTag: 9, count: 2)
        let first = window.settle(tag: 0, isMultiple: true, isTaken: true)
        #expect(first)
        #expect(window.isSettled)
    }

    @Test(arguments: [(0, false), (4, false), (4, true), (7, false), (7, true), (UInt64.max, true)])
    func `a number of no message under way is told`(tag: UInt64, isMultiple: Bool) {
        var window = ConfirmWindow(firstTag: 5, count: 2)
        let first = window.settle(tag: tag, isMultiple: isMultiple, isTaken: true)
        #expect(!first)
        #expect(window.pendingCount == 2)
    }

    @Test func `a second confirm of one message is told`() {
        var window = ConfirmWindow(firstTag: 1, count: 2)
        let first = window.settle(tag: 1, isMultiple: false, isTaken: true)
        #expect(first)
        let second = window.settle(tag: 1, isMultiple: false, isTaken: true)
        #expect(!second)
        let third = window.settle(tag: 1, isMultiple: true, isTaken: true)
        #expect(!third)
    }

    @Test func `an empty window is settled, and has no message`() {
        var window = ConfirmWindow(firstTag: 1, count: 0)
        #expect(window.isSettled)
        let first = window.settle(tag: 0, isMultiple: true, isTaken: true)
        #expect(!first)
        let second = window.settle(tag: 1, isMultiple: false, isTaken: true)
        #expect(!second)
    }
}
