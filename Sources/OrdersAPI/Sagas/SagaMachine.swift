/// What came of a step.
enum StepResult: Sendable, Equatable {
    case done
    /// The payment turned out to be taken already.
    case captured
    /// It will never succeed.
    case refused(Order.RejectReason)
    /// It is not known, or could not be tried: the same again.
    case unknown(String)
    /// The gateway keeps a failure under the step's key, and the payment itself tells that the step was not done: again, under the
    /// next key.
    case keyUsedUp(String)

    /// Why there is no outcome.
    var failure: String? {
        switch self {
        case .done, .captured, .refused: nil
        case .unknown(let reason), .keyUsedUp(let reason): reason
        }
    }
}

/// What a result does to the order and its saga, all in one transaction.
struct SagaMove: Sendable, Equatable {
    enum Next: Sendable, Equatable {
        case step(Saga.Step)
        /// The same step again.
        case again(delayMilliseconds: Int, withNextKey: Bool)
        /// An operator has to look at it.
        case dead
        /// Nothing is left to do: the saga's row goes.
        case finished
    }

    /// The order's new states, one after the other, each with its event.
    var statuses: [Order.Status] = []
    var rejectReason: Order.RejectReason?
    var returnsStock = false
    let next: Next
}

/// The states of asynchronous orders and their sagas, as functions of nothing but what they are given.
///
///     PENDING → STOCK_RESERVED → PAID → CONFIRMED → CANCELED
///        └────────────┴──► REJECTED, CANCELED
enum SagaMachine {
    /// 24 hours: as long as the gateway keeps its keys, and an outage lasts that passes by itself.
    static let settlementHours = 24
    private static let pauseMilliseconds = (first: 1000, max: 60_000)

    /// What follows a step's result.
    ///
    /// - Parameters:
    ///   - isLate: whether the step's deadline has passed.
    ///   - hasPayment: whether the gateway may hold something for the order.
    static func move(
        _ step: Saga.Step, _ result: StepResult, attempts: Int, isLate: Bool, order: Order
    ) -> SagaMove {
        switch step {
        case .reserve: reserved(result, attempts, isLate, order)
        case .authorize: authorized(result, attempts, isLate, order)
        case .capture: captured(result, attempts, isLate)
        case .void: voided(result, attempts, isLate)
        case .refund: refunded(result, attempts, isLate)
        }
    }

    private static func reserved(
        _ result: StepResult, _ attempts: Int, _ isLate: Bool, _ order: Order
    ) -> SagaMove {
        switch result {
        case .done, .captured:
            // An order of nothing is paid for.
            order.totalCents == 0
                ? SagaMove(statuses: [.stockReserved, .paid, .confirmed], next: .finished)
                : SagaMove(statuses: [.stockReserved], next: .step(.authorize))
        case .refused(let reason): SagaMove(statuses: [.rejected], rejectReason: reason, next: .finished)
        case .unknown where isLate, .keyUsedUp where isLate:
            SagaMove(statuses: [.rejected], rejectReason: .timedOut, next: .finished)
        case .unknown, .keyUsedUp: again(result, attempts)
        }
    }

    private static func authorized(
        _ result: StepResult, _ attempts: Int, _ isLate: Bool, _ order: Order
    ) -> SagaMove {
        switch result {
        case .done: SagaMove(next: .step(.capture))
        case .captured: confirmed
        case .refused(let reason): rejected(reason, order)
        case .unknown where isLate, .keyUsedUp where isLate: rejected(.paymentTimeout, order)
        case .unknown, .keyUsedUp: again(result, attempts)
        }
    }

    private static func captured(_ result: StepResult, _ attempts: Int, _ isLate: Bool) -> SagaMove {
        switch result {
        case .done, .captured: confirmed
        case .refused(let reason):
            SagaMove(statuses: [.rejected], rejectReason: reason, returnsStock: true, next: .step(.void))
        // Never compensated on a guess: it may have been taken.
        case .unknown where isLate, .keyUsedUp where isLate: SagaMove(next: .dead)
        case .unknown, .keyUsedUp: again(result, attempts)
        }
    }

    private static func voided(_ result: StepResult, _ attempts: Int, _ isLate: Bool) -> SagaMove {
        switch result {
        case .done: SagaMove(next: .finished)
        case .captured: SagaMove(next: .step(.refund))
        case .refused: SagaMove(next: .dead)
        case .unknown where isLate, .keyUsedUp where isLate: SagaMove(next: .dead)
        case .unknown, .keyUsedUp: again(result, attempts)
        }
    }

    private static func refunded(_ result: StepResult, _ attempts: Int, _ isLate: Bool) -> SagaMove {
        switch result {
        case .done: SagaMove(next: .finished)
        case .captured, .refused: SagaMove(next: .dead)
        case .unknown where isLate, .keyUsedUp where isLate: SagaMove(next: .dead)
        case .unknown, .keyUsedUp: again(result, attempts)
        }
    }

    /// Both in one transaction: nobody has to finish an order that is paid for.
    private static let confirmed = SagaMove(statuses: [.paid, .confirmed], next: .finished)

    /// A payment whose id was never stored was never confirmed, and holds nothing.
    private static func rejected(_ reason: Order.RejectReason, _ order: Order) -> SagaMove {
        SagaMove(
            statuses: [.rejected], rejectReason: reason, returnsStock: true,
            next: order.paymentID == nil ? .finished : .step(.void))
    }

    /// The same step again, after a pause that grows with the attempts.
    static func again(_ result: StepResult, _ attempts: Int) -> SagaMove {
        let isNextKey = if case .keyUsedUp = result { true } else { false }
        return SagaMove(
            next: .again(delayMilliseconds: pauseMilliseconds(afterAttempts: attempts + 1), withNextKey: isNextKey))
    }

    /// 1, 2, 4 … 60 s.
    ///
    /// - Parameter count: 1 after the first attempt.
    static func pauseMilliseconds(afterAttempts count: Int) -> Int {
        min(pauseMilliseconds.first << min(max(count - 1, 0), 10), pauseMilliseconds.max)
    }
}
