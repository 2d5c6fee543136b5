import Concurrency
import Telemetry

/// What is left to do for an asynchronous order. Its row exists while there is something.
struct Saga: Sendable {
    /// What is done next.
    enum Step: String, CaseIterable, Sendable {
        /// Ask for the customer, and take the stock.
        case reserve = "RESERVE"
        /// Have the amount held.
        case authorize = "AUTHORIZE"
        /// Take the amount: from here on the order goes forward only.
        case capture = "CAPTURE"
        /// Let the amount go that may be held.
        case void = "VOID"
        /// Give back what was taken.
        case refund = "REFUND"

        /// Whether the payment gateway is asked. What waits for it is claimed and counted apart from what takes stock, so that a gateway that
        /// stands still holds up no stock.
        var asksGateway: Bool { self != .reserve }
    }

    enum State: String, CaseIterable, Sendable {
        case running = "RUNNING"
        /// Nothing is done until an operator says so.
        case dead = "DEAD"
    }

    let orderID: Int64
    var step: Step
    var state: State
    /// When it is due, or until when somebody has it; nil where it is dead.
    var runAt: Timestamp?
    /// Random, and drawn anew by each who takes the saga: whoever finds another one in the row has lost it.
    var fence: Int64
    /// How often the step came to nothing.
    var attempts: Int
    /// How often a key of the step was used up by a failure that the gateway keeps.
    var keyGeneration: Int
    /// When the step must have its outcome.
    var deadlineAt: Timestamp
    /// Of the call that placed the order.
    let traceparent: String?
    /// Why the step came to nothing the last time.
    var lastError: String?

    /// 500 characters, as its column has.
    static let lastErrorLengthMax = 500

    /// A fence that nobody else has. Counted ones would repeat on a row that was deleted and made again.
    static func newFence() -> Int64 { Int64.random(in: 1 ... .max) }

    /// Where events of the saga's stand in a trace.
    var trace: TraceContext? { traceparent.flatMap { TraceContext(child: $0) } }
}

/// A saga that this process has until its lease is over.
struct LeasedSaga: Sendable {
    let saga: Saga
    /// By this process's monotonic clock; counted from before the claim, so that it ends no later than the lease itself.
    let leasedUntil: Deadline
}
