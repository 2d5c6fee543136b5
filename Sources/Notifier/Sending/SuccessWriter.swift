import Concurrency
import FaultPoints
import MySQL
import Telemetry

/// A delivery that succeeded, and is to be written.
struct DeliverySuccess: Sendable {
    let leased: LeasedLane
    let delivery: DueDelivery
    let attempt: Attempt
}

/// Writes deliveries that succeeded: those that end while others are being written share the next transaction.
///
/// In it each has its lane locked and its fence checked, and commits with its attempt, as it would alone. What is not as expected, such as
/// a lane that somebody else has locked or a delivery that was discarded meanwhile, is left to the caller, so that no delivery waits for
/// another one's trouble.
final class SuccessWriter: Sendable {
    /// Nearly as many as there are threads at most, so that whoever waits is in the next transaction or the one after it.
    private static let countMax = 64
    /// 2 s for a transaction of a few milliseconds; then each is written alone, which has more time.
    private static let storeMilliseconds = 2000
    /// 5 s: more than two transactions.
    private static let waitMilliseconds = 5000

    private enum Turn {
        case done(isWritten: Bool)
        case write
    }

    /// A thread that waits, and is told alone.
    private final class Waiting: Sendable {
        let success: DeliverySuccess
        let turn = Lock<Turn?>(nil)

        init(_ success: DeliverySuccess) { self.success = success }

        func tell(_ turn: Turn) {
            self.turn.withLock { $0 = turn }
            self.turn.signal()
        }
    }

    private struct State {
        var waiting: [Waiting] = []
        var isWriting = false
    }

    private enum Failure: DatabaseFailure {
        /// A delivery was not to be made any more.
        case changed
        case database(DatabaseError)

        init(_ error: DatabaseError) { self = .database(error) }

        var databaseError: DatabaseError? {
            if case .database(let error) = self { error } else { nil }
        }
    }

    private let database: Database
    private let lanes: LaneStore
    private let attempts: AttemptStore
    private let logger: Logger
    private let state = Lock(State())

    init(database: Database, lanes: LaneStore, attempts: AttemptStore, logger: Logger) {
        self.database = database
        self.lanes = lanes
        self.attempts = attempts
        self.logger = logger
    }

    /// Blocks until it is written, or known not to be; 10 s at most.
    ///
    /// - Returns: whether it is. If not, nothing is known of it, and it is to be written alone.
    func write(_ success: DeliverySuccess) -> Bool {
        let own = Waiting(success)
        let isFirst = state.withLock { state in
            state.waiting.append(own)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if isFirst { writeWaiting() }
        while true {
            let deadline = Deadline.after(milliseconds: SuccessWriter.waitMilliseconds)
            let turn = own.turn.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { turn in
                defer { turn = nil }
                return turn
            }
            switch turn {
            case .done(let isWritten)?: return isWritten
            case .write?: writeWaiting()
            case nil:
                // Whoever writes it is bound by a deadline of its own.
                if withdraw(own) { return false }
            }
        }
    }

    /// - Returns: whether nobody had begun to write it, nor will.
    private func withdraw(_ own: Waiting) -> Bool {
        state.withLock { state in
            // The first is told to write.
            guard let index = state.waiting.firstIndex(where: { $0 === own }), index > 0 else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    /// Writes those that wait, the caller's among them, and leaves what comes meanwhile to the first of those.
    private func writeWaiting() {
        let batch = state.withLock { state in
            defer { state.waiting.removeFirst(min(state.waiting.count, SuccessWriter.countMax)) }
            return Array(state.waiting.prefix(SuccessWriter.countMax))
        }
        let written = writeTogether(batch)
        let next = state.withLock { state in
            state.isWriting = !state.waiting.isEmpty
            return state.waiting.first
        }
        next?.tell(.write)
        for waiting in batch { waiting.tell(.done(isWritten: written.contains(ObjectIdentifier(waiting)))) }
    }

    /// - Returns: those that are written.
    private func writeTogether(_ batch: [Waiting]) -> Set<ObjectIdentifier> {
        // By lane, as all do who lock several.
        let ordered = batch.sorted { $0.success.leased.lane.key < $1.success.leased.lane.key }
        do throws(Failure) {
            let written = try database.transaction(
                by: .after(milliseconds: SuccessWriter.storeMilliseconds), ifCommitIsLost: .runAgain
            ) { (transaction: borrowing Transaction<Failure>) throws(Failure) -> [Waiting] in
                let fences = try lanes.lockFree(ordered.map(\.success.leased.lane), in: transaction)
                let own = ordered.filter { fences[$0.success.leased.lane] == $0.success.leased.fence }
                guard !own.isEmpty else { return [] }
                guard try attempts.recordDelivered(own.map(\.success), in: transaction) else { throw .changed }
                try lanes.goOn(own.map(\.success.leased.lane), in: transaction)
                faultPoint("deliveries.attempt.before-commit")
                return own
            }
            if !written.isEmpty { faultPoint("deliveries.attempt.after-commit") }
            return Set(written.map(ObjectIdentifier.init))
        } catch {
            if case .database(let error) = error {
                logger.debug("deliveries not written together", ["cause": error.description])
            }
            return []
        }
    }
}

extension Lane {
    /// What the table is sorted by.
    fileprivate var key: (Int64, Int64, Int64) { (endpointID, orderID, replay) }
}
