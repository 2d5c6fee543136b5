import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// Makes one delivery after the other: sends it, and writes what came of it.
struct DeliverySender {
    /// 5 days of nothing but failures disable an endpoint.
    private static let failingDaysMax = 5
    /// 10 s for what is read and what is written; with an attempt and the wait before it that ends within the lane's lease, or little
    /// later.
    private static let storeMilliseconds = 10_000
    /// 1 s: so long what the claim has read of a delivery is sent. An attempt itself may last ten times as long.
    private static let knownMilliseconds = 1000
    /// 200 ms between attempts to write what came of sending: what is not written is sent again.
    private static let storePauseMilliseconds = 200
    /// 250 ms: so soon a thread that has nothing to do notices that it is to stop.
    private static let waitMilliseconds = 250

    let database: Database
    let lanes: LaneStore
    let attempts: AttemptStore
    let endpoints: EndpointStore
    let successes: SuccessWriter
    let gates: DeliveryGates
    let channel: any DeliveryChannel
    let schedule: RetrySchedule
    let metrics: DeliveryMetrics
    let wake: DeliveryWake
    /// Told of each worker's stop, so that what is being sent ends.
    let stop: CurrentStop
    let logger: Logger

    func worker(number: Int) -> Worker {
        Worker("delivery-\(number)") { stop in
            self.stop.follow(stop)
            while !stop.isStopRequested {
                guard let (lane, target) = gates.begin(by: .after(milliseconds: DeliverySender.waitMilliseconds)) else {
                    break
                }
                deliver(lane, to: target)
            }
            return .after(milliseconds: 0)
        }
    }

    /// Makes the next delivery of a lane that was begun.
    func deliver(_ leased: LeasedLane, to target: DeliveryTarget) {
        var isSuccess: Bool?
        do throws(DatabaseError) {
            isSuccess = try send(leased, to: target)
        } catch {
            // The lease ends, and the delivery is made again: at least once.
            metrics.count(.unwritten)
            logger.error(
                "delivery not written",
                [
                    "endpoint_id": leased.lane.endpointID, "order_id": leased.lane.orderID,
                    "cause": error.description,
                ])
        }
        if gates.finish(leased, isSuccess: isSuccess) { wake.noteFree() }
    }

    /// - Returns: whether the endpoint does; nil where nothing was sent, or what came of it tells nothing of the endpoint.
    private func send(_ leased: LeasedLane, to target: DeliveryTarget) throws(DatabaseError) -> Bool? {
        guard let delivery = try next(of: leased) else {
            try finishEmpty(leased)
            return nil
        }
        guard let body = delivery.body else {
            // Its event is not kept any more: sending it again would find the same.
            let result = SendResult(outcome: .expired, reply: Array("The event is not kept any more.".utf8))
            try record(result, milliseconds: 0, of: delivery, leased, target)
            return nil
        }
        let event = OutgoingEvent(
            id: delivery.eventID, body: body,
            timestampSeconds: Int(delivery.now.microsecondsSince1970 / 1_000_000))
        let start = Deadline.nowUptimeNanoseconds()
        let result = channel.send(event, to: target)
        let milliseconds = Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000)
        metrics.observe(milliseconds: milliseconds)
        try record(result, milliseconds: milliseconds, of: delivery, leased, target)
        return result.isSuccess
    }

    /// What was read at the claim, unless that was a while ago: somebody may have discarded it meanwhile.
    private func next(of leased: LeasedLane) throws(DatabaseError) -> DueDelivery? {
        let elapsed = Int((Deadline.nowUptimeNanoseconds() - leased.claimedAt.uptimeNanoseconds) / 1000)
        if var known = leased.next, elapsed < DeliverySender.knownMilliseconds * 1000 {
            known.now = Timestamp(microsecondsSince1970: known.now.microsecondsSince1970 + Int64(elapsed))
            return known
        }
        return try database.read(by: .after(milliseconds: DeliverySender.storeMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try attempts.next(in: leased.lane, session)
        }
    }

    private func record(
        _ result: SendResult, milliseconds: Int, of delivery: DueDelivery, _ leased: LeasedLane,
        _ target: DeliveryTarget
    ) throws(DatabaseError) {
        let attempt = Attempt(
            number: delivery.attemptCount + 1, at: delivery.now, status: result.status, outcome: result.outcome,
            durationMilliseconds: milliseconds, reply: result.reply)
        if result.outcome == .delivered, !target.isFailing,
            successes.write(DeliverySuccess(leased: leased, delivery: delivery, attempt: attempt))
        {
            metrics.count(.delivered)
            return
        }
        let verdict = Verdict(result, tryCount: delivery.tryCount + 1, schedule)
        let written = try written { (transaction) throws(DatabaseError) in
            guard try lanes.lock(leased, in: transaction) else { return Written(isLost: true) }
            let isPending = try attempts.record(
                attempt, of: delivery, as: verdict.state, isTry: result.outcome != .interrupted, in: transaction)
            if case .retry(let milliseconds) = verdict, isPending {
                try lanes.postpone(leased.lane, delayMilliseconds: milliseconds, in: transaction)
            } else if case .keep = verdict, isPending {
                try lanes.postpone(leased.lane, delayMilliseconds: 0, in: transaction)
            } else {
                try goOn(leased.lane, in: transaction)
            }
            let isDisabled = try noteHealth(result, target, in: transaction)
            faultPoint("deliveries.attempt.before-commit")
            return Written(isDisabled: isDisabled)
        }
        faultPoint("deliveries.attempt.after-commit")
        tell(written, verdict, delivery, leased.lane, result)
    }

    /// Goes on with the lane's next delivery, or closes the lane, whose row the transaction holds.
    private func goOn(_ lane: Lane, in transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) {
        if try attempts.hasNext(in: lane, transaction) {
            try lanes.postpone(lane, delayMilliseconds: 0, in: transaction)
        } else {
            try lanes.close(lane, in: transaction)
        }
    }

    /// Nothing of the lane is left to deliver, as when it was discarded.
    private func finishEmpty(_ leased: LeasedLane) throws(DatabaseError) {
        try written { (transaction) throws(DatabaseError) in
            if try lanes.lock(leased, in: transaction) { try goOn(leased.lane, in: transaction) }
        }
    }

    /// Runs a transaction, again where the database is away or busy for a moment.
    private func written<Value>(
        _ body: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> Value {
        let deadline = Deadline.after(milliseconds: DeliverySender.storeMilliseconds)
        while true {
            do throws(DatabaseError) {
                return try database.transaction(by: deadline, ifCommitIsLost: .runAgain, body)
            } catch {
                switch error {
                case .unavailable, .poolExhausted, .conflict, .lockWaitTimeout, .outcomeUnknown:
                    guard !deadline.hasPassed else { throw error }
                    Thread.sleep(milliseconds: DeliverySender.storePauseMilliseconds)
                case .duplicateKey, .outOfRange, .dataTooLong, .untrustedServer, .deadlineExceeded, .decoding,
                    .statement:
                    throw error
                }
            }
        }
    }

    /// Writes how the endpoint does, where that is new.
    ///
    /// - Returns: whether it was disabled now.
    private func noteHealth(
        _ result: SendResult, _ target: DeliveryTarget, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        let id = target.endpointID
        switch result.outcome {
        case .delivered:
            if target.isFailing { try endpoints.endFailing(id: id, in: transaction) }
            return false
        case .gone: return try endpoints.disableGone(id: id, in: transaction)
        // The endpoint did not fail.
        case .expired, .interrupted, .customerUnknown, .customerInactive, .customersUnavailable: return false
        case .refused, .rejected, .redirected, .timedOut, .unreachable, .noReply, .addressNotAllowed:
            guard !result.isOfOneCustomer else { return false }
            guard target.isFailing else {
                try endpoints.beginFailing(id: id, in: transaction)
                return false
            }
            return try endpoints.disable(id: id, failingForDays: DeliverySender.failingDaysMax, in: transaction)
        }
    }

    private func tell(
        _ written: Written, _ verdict: Verdict, _ delivery: DueDelivery, _ lane: Lane, _ result: SendResult
    ) {
        guard !written.isLost else {
            metrics.count(.lost)
            logger.warning("delivery taken over by somebody else", ["delivery_id": delivery.id])
            return
        }
        if written.isDisabled {
            metrics.count(.disabled)
            wake.noteEndpoints()
            logger.error(
                "endpoint disabled", ["endpoint_id": lane.endpointID, "cause": result.outcome.rawValue])
        }
        switch verdict {
        case .delivered: metrics.count(.delivered)
        case .dead:
            metrics.count(.dead)
            logger.error(
                "delivery dead",
                [
                    "delivery_id": delivery.id, "endpoint_id": lane.endpointID, "order_id": lane.orderID,
                    "cause": result.outcome.rawValue,
                ])
        case .retry(let milliseconds):
            metrics.count(.failed)
            gates.noteRetry(afterMilliseconds: milliseconds)
        case .keep: metrics.count(.failed)
        }
    }

    /// What an attempt has come to in the database.
    private struct Written {
        /// Nothing was written: the lane was somebody else's by then.
        var isLost = false
        var isDisabled = false
    }
}
