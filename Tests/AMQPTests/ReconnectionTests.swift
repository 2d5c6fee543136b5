import BlockingTesting
import Concurrency
import Resilience
import Testing

@testable import AMQP

@Suite(.blocking) struct ReconnectionTests {
    private static let policy = RetryPolicy(attemptsMax: .max, baseMilliseconds: 20, capMilliseconds: 200)

    @Test func `a peer that lets clients in and closes is not asked without pauses`() {
        var reconnection = Reconnection(Self.policy)
        let deadline = Deadline.after(milliseconds: 1000)
        var attempts = 0
        while case .success = connect(&reconnection, by: deadline, { attempts += 1 }) {
            reconnection.didEnd(.lost("closed"), wasConnected: true)
        }
        // On average 10, 20, 40, 80 and then 100 ms of pause.
        #expect(attempts > 2)
        #expect(attempts < 60)
    }

    @Test func `a connection that held begins the count of failures anew`() {
        var reconnection = Reconnection(Self.policy)
        for _ in 1...20 { reconnection.didEnd(.lost("closed"), wasConnected: false) }
        reconnection.didConnect()
        Thread.sleep(milliseconds: 210)
        let pause = reconnection.didEnd(.lost("closed"), wasConnected: true)
        #expect(pause <= 20)
    }

    @Test func `a refusal is told at once, and what keeps failing when the deadline comes`() {
        var reconnection = Reconnection(Self.policy)
        let refusal = AMQPFailure.refused(code: 403, text: "no")
        let first = connect(&reconnection, by: .after(milliseconds: 10_000)) { () throws(AMQPFailure) in throw refusal }
        #expect(first.failure == refusal)
        let second = connect(&reconnection, by: .after(milliseconds: 300)) { () throws(AMQPFailure) in
            throw .unreachable("nobody")
        }
        #expect(second.failure == .unreachable("nobody"))
    }

    private func connect(
        _ reconnection: inout Reconnection, by deadline: Deadline, _ body: () throws(AMQPFailure) -> Void
    ) -> Result<Void, AMQPFailure> {
        reconnection.run(
            by: deadline, isStopping: { false }, pause: { Thread.sleep(milliseconds: $0.remainingMilliseconds + 1) },
            observe: { _ in }, body)
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
