import BlockingTesting
import Concurrency
import ServiceTesting
import Telemetry
import Testing

@testable import OrdersAPI

/// What a process has leased and not begun with.
@Suite(.blocking) struct SagaQueueTests {
    private func sagas(_ ids: ClosedRange<Int64>, leaseMilliseconds: Int = 30_000) -> [LeasedSaga] {
        ids.map {
            LeasedSaga(
                saga: SagaService.new(
                    orderID: $0, at: .reserve, deadlineAt: Timestamp(microsecondsSince1970: 0), traceparent: nil),
                leasedUntil: .after(milliseconds: leaseMilliseconds))
        }
    }

    private func ids(_ sagas: [LeasedSaga]) -> [Int64] { sagas.map(\.saga.orderID) }

    @Test func `sagas are taken in their order, as many at once as are asked for`() {
        let queue = SagaQueue()
        let soon = Deadline.after(milliseconds: 0)
        #expect(queue.add(sagas(1...120)).isEmpty)
        #expect(ids(queue.take(max: 50, by: soon)) == Array(1...50))
        #expect(ids(queue.take(max: 1, by: soon)) == [51])
        #expect(ids(queue.take(max: 100, by: soon)) == Array(52...120))
        #expect(queue.take(max: 1, by: soon).isEmpty)
    }

    @Test func `what has been leased for too long is left to others, and what has no place too`() {
        let queue = SagaQueue()
        let soon = Deadline.after(milliseconds: 0)
        _ = queue.add(sagas(1...3, leaseMilliseconds: 0) + sagas(4...4))
        #expect(ids(queue.take(max: 2, by: soon)) == [4] && queue.take(max: 2, by: soon).isEmpty)
        #expect(ids(queue.add(sagas(1...1000))) == Array(Int64(SagaQueue.lengthMax) + 1...1000))
        #expect(queue.placeCount == 0)
        #expect(queue.takeAll().count == SagaQueue.lengthMax && queue.placeCount == SagaQueue.lengthMax)
    }
}
