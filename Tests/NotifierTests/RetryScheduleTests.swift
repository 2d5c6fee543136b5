import BlockingTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct RetryScheduleTests {
    @Test func `the default has ten attempts in some 28 hours`() throws {
        let schedule = try #require(RetrySchedule(RetrySchedule.defaultText))
        #expect(schedule.attemptsMax == 10)
        let pauses = (1...9).map { schedule.pauseMilliseconds(afterTry: $0) { _ in 0 } }
        #expect(pauses == [1, 5, 30, 300, 1800, 7200, 18_000, 36_000, 36_000].map { $0 * 1000 })
        #expect(schedule.pauseMilliseconds(afterTry: 10) == nil)
    }

    @Test func `a list that does not begin with the first attempt has it all the same`() throws {
        let schedule = try #require(RetrySchedule("1, 2,4,8,16"))
        #expect(schedule.attemptsMax == 6)
        #expect(schedule.pauseMilliseconds(afterTry: 1) { _ in 0 } == 1000)
        #expect(schedule.pauseMilliseconds(afterTry: 5) { _ in 0 } == 16_000)
        #expect(try #require(RetrySchedule("0")).pauseMilliseconds(afterTry: 1) == nil)
    }

    @Test func `a pause is a fifth shorter or longer`() throws {
        let schedule = try #require(RetrySchedule("0,10"))
        #expect(schedule.pauseMilliseconds(afterTry: 1) { $0.lowerBound } == 8000)
        #expect(schedule.pauseMilliseconds(afterTry: 1) { $0.upperBound } == 12_000)
    }

    @Test func `an endpoint may ask for more, an hour at most, and for no less`() throws {
        let schedule = try #require(RetrySchedule("0,10"))
        for (asked, seconds) in [(5, 10), (60, 60), (3600, 3600), (86_400, 3600), (-1, 10), (0, 10)] {
            #expect(schedule.pauseMilliseconds(afterTry: 1, retryAfterSeconds: asked) { _ in 0 } == seconds * 1000)
        }
    }

    @Test(arguments: ["", "a", "1,,2", "-1", "0,604801", "1.5", "0,1,", "1 2"])
    func `a list that is none is refused`(text: String) { #expect(RetrySchedule(text) == nil) }
}
