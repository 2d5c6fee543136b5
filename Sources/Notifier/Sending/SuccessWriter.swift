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
    /// As many as there are threads at most, so that whoever waits is in the next transaction.
    private static let countMax = 64
    /// 2 s for a transaction of a few milliseconds; then each is written alone, which has more time.
    private static let storeMilliseconds = 2000
    /// 5 s: more than the two transactions that anybody waits for.
    private static let waitMilliseconds = 5000

    private struct Waiting {
        let ticket: Int
        let success: DeliverySuccess
    }

    private struct State {
        var lastTicket = 0
        var waiting: [Waiting] = []
        /// Of those whose thread has not looked yet, whether they are written.
        var written: [Int: Bool] = [:]
        var isWriting = false
    }

    private enum Turn {
        case done(isWritten: Bool)
        case write([Waiting])
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
        let ticket = state.withLock { state in
            state.lastTicket += 1
            state.waiting.append(Waiting(ticket: state.lastTicket, success: success))
            return state.lastTicket
        }
        while true {
            let deadline = Deadline.after(milliseconds: SuccessWriter.waitMilliseconds)
            let turn = state.wait(untilUptimeNanoseconds: deadline.uptimeNanoseconds) { state -> Turn? in
                if let isWritten = state.written.removeValue(forKey: ticket) { return .done(isWritten: isWritten) }
                guard !state.isWriting else { return nil }
                state.isWriting = true
                let batch = Array(state.waiting.prefix(SuccessWriter.countMax))
                state.waiting.removeFirst(batch.count)
                return .write(batch)
            }
            switch turn {
            case .done(let isWritten)?: return isWritten
            case .write(let batch)?: writeTogether(batch)
            case nil:
                // Whoever writes it is bound by a deadline of its own.
                guard !withdraw(ticket) else { return false }
            }
        }
    }

    /// - Returns: whether nobody had begun to write it.
    private func withdraw(_ ticket: Int) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    private func writeTogether(_ batch: [Waiting]) {
        // By lane, as all do who lock several.
        let ordered = batch.sorted { $0.success.leased.lane.key < $1.success.leased.lane.key }
        var written: Set<Int> = []
        do throws(Failure) {
            written = try database.transaction(
                by: .after(milliseconds: SuccessWriter.storeMilliseconds), ifCommitIsLost: .runAgain
            ) { (transaction: borrowing Transaction<Failure>) throws(Failure) in
                let fences = try lanes.lockFree(ordered.map(\.success.leased.lane), in: transaction)
                let own = ordered.filter { fences[$0.success.leased.lane] == $0.success.leased.fence }
                guard !own.isEmpty else { return [] }
                guard try attempts.recordDelivered(own.map(\.success), in: transaction) else { throw .changed }
                try lanes.goOn(own.map(\.success.leased.lane), in: transaction)
                faultPoint("deliveries.attempt.before-commit")
                return Set(own.map(\.ticket))
            }
            if !written.isEmpty { faultPoint("deliveries.attempt.after-commit") }
        } catch {
            if case .database(let error) = error {
                logger.debug("deliveries not written together", ["cause": error.description])
            }
        }
        state.withLock { state in
            state.isWriting = false
            for waiting in batch { state.written[waiting.ticket] = written.contains(waiting.ticket) }
        }
        state.broadcast()
    }
}

extension Lane {
    /// What the table is sorted by.
    fileprivate var key: (Int64, Int64, Int64) { (endpointID, orderID, replay) }
}
