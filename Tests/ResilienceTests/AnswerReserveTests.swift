import Concurrency
import Resilience
import Testing

@Suite struct AnswerReserveTests {
    @Test(arguments: [(10_000, 50), (500, 50), (499, 49), (100, 10), (9, 0), (0, 0), (-5, 0)])
    func `a tenth of the time is kept for the answer, 50 ms at most`(remaining: Int, reserve: Int) {
        #expect(AnswerReserve.milliseconds(of: remaining) == reserve)
    }

    @Test func `a deadline that leaves time to answer is that much earlier`() {
        let deadline = Deadline.after(milliseconds: 10_000)
        #expect(deadline.leavingTimeToAnswer == deadline.earlier(milliseconds: 50))
        let past = Deadline(uptimeNanoseconds: 5)
        #expect(past.leavingTimeToAnswer == past)
    }
}
