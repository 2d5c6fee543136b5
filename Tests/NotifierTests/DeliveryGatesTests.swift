import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Testing

@testable import Notifier

@Suite(.blocking) struct DeliveryGatesTests {
    private let clock = ManualClock()

    private func gates(threads: Int = 16, endpoints: Int) -> DeliveryGates {
        let gates = DeliveryGates(threadsMax: threads, clock: clock.clock)
        gates.update((1...Int64(endpoints)).map { target($0) })
        return gates
    }

    private func target(_ id: Int64, isFailing: Bool = false) -> DeliveryTarget {
        DeliveryTarget(
            endpointID: id, target: .webhook(url: "https://a.example"), secrets: [], isFailing: isFailing)
    }

    /// Hands over as much as is wanted, of lanes without end.
    private func claim(_ gates: DeliveryGates, from order: inout Int64) {
        for wanted in gates.wanted() {
            let lanes = (0..<wanted.limit).map { _ -> LeasedLane in
                order += 1
                return LeasedLane(
                    lane: Lane(endpointID: wanted.endpointID, orderID: order, replay: 0), fence: 1,
                    claimedAt: clock.clock.after(milliseconds: 0))
            }
            gates.add(lanes, endpointID: wanted.endpointID, isAll: false)
        }
    }

    private func begin(_ gates: DeliveryGates) -> LeasedLane? { gates.begin(by: .after(milliseconds: 0))?.lane }

    private func beginAll(_ gates: DeliveryGates) -> [LeasedLane] {
        var begun: [LeasedLane] = []
        while let lane = begin(gates) { begun.append(lane) }
        return begun
    }

    @Test func `an endpoint has four in flight, and as many claimed ahead`() {
        let gates = gates(endpoints: 2)
        var order: Int64 = 0
        claim(gates, from: &order)
        #expect(order == 16)
        #expect(beginAll(gates).count == 8)
        claim(gates, from: &order)
        #expect(order == 16)
    }

    @Test func `one that fails has one probe at a time, after a pause that doubles, and then doubles what it has`()
        throws
    {
        let gates = gates(endpoints: 1)
        var order: Int64 = 0
        claim(gates, from: &order)
        for lane in beginAll(gates) { gates.finish(lane, isSuccess: false) }
        #expect(gates.takeAbandoned().count == 4, "What was claimed ahead is given back.")
        for pause in [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            claim(gates, from: &order)
            #expect(begin(gates) == nil, "\(pause)")
            clock.advance(milliseconds: pause - 1)
            #expect(gates.wanted().isEmpty, "\(pause)")
            clock.advance(milliseconds: 1)
            claim(gates, from: &order)
            let probe = try #require(begin(gates), "\(pause)")
            #expect(begin(gates) == nil)
            gates.finish(probe, isSuccess: false)
        }
        clock.advance(milliseconds: 5000)
        for allowed in [1, 2, 4, 4] {
            claim(gates, from: &order)
            let begun = beginAll(gates)
            #expect(begun.count == allowed)
            for lane in begun { gates.finish(lane, isSuccess: true) }
        }
    }

    @Test func `those that fail share a quarter of the threads, each in its turn`() {
        let gates = gates(endpoints: 20)
        var order: Int64 = 0
        gates.update((1...20).map { target($0, isFailing: $0 <= 19) })
        let fresh = DeliveryGates(threadsMax: 16, clock: clock.clock)
        fresh.update((1...20).map { target($0, isFailing: $0 <= 19) })
        var probed: Set<Int64> = []
        for _ in 0..<40 {
            claim(fresh, from: &order)
            let begun = beginAll(fresh)
            let failing = begun.filter { $0.lane.endpointID <= 19 }
            #expect(failing.count <= 4)
            #expect(begun.contains { $0.lane.endpointID == 20 })
            probed.formUnion(failing.map(\.lane.endpointID))
            for lane in begun { fresh.finish(lane, isSuccess: lane.lane.endpointID == 20) }
            clock.advance(milliseconds: 5000)
        }
        #expect(probed.count == 19)
    }

    @Test func `one that hangs or is slow is counted with those that fail`() {
        let gates = gates(threads: 12, endpoints: 3)
        var order: Int64 = 0
        claim(gates, from: &order)
        let begun = beginAll(gates)
        #expect(begun.count == 12)
        for lane in begun where lane.lane.endpointID == 3 { gates.finish(lane, isSuccess: true) }
        // The other two hang: each has what it began, and begins nothing more.
        clock.advance(milliseconds: 1000)
        claim(gates, from: &order)
        #expect(Set(beginAll(gates).map(\.lane.endpointID)) == [3])
        for lane in begun where lane.lane.endpointID == 1 { gates.finish(lane, isSuccess: true) }
        #expect(beginAll(gates).isEmpty, "Of the three threads for slow ones endpoint 2 has four.")
    }

    @Test func `one that hangs takes no thread from the others`() {
        let gates = gates(threads: 4, endpoints: 2)
        #expect(gates.threadCount == 8)
        var order: Int64 = 0
        claim(gates, from: &order)
        #expect(beginAll(gates).map(\.lane.endpointID) == [2, 2, 2, 2])
        clock.advance(milliseconds: 1000)
        #expect(beginAll(gates).map(\.lane.endpointID) == [1, 1, 1, 1])
    }

    @Test func `what waited for too long after its claim is not begun`() {
        let gates = gates(endpoints: 1)
        var order: Int64 = 0
        claim(gates, from: &order)
        clock.advance(milliseconds: 15_000)
        #expect(begin(gates) == nil)
        claim(gates, from: &order)
        #expect(order == 16 && begin(gates) != nil)
    }

    @Test func `what was claimed for an endpoint that is gone is given back`() {
        let gates = gates(endpoints: 2)
        var order: Int64 = 0
        claim(gates, from: &order)
        gates.update([target(2)])
        #expect(gates.takeAbandoned().map(\.lane.endpointID) == Array(repeating: 1, count: 8))
        #expect(gates.takeAbandoned().isEmpty)
        #expect(Set(beginAll(gates).map(\.lane.endpointID)) == [2])
        gates.abandonAll()
        #expect(gates.takeAbandoned().count == 4)
    }
}
