/// What becomes of a delivery after an attempt.
enum Verdict {
    case delivered
    case dead
    case retry(afterMilliseconds: Int)
    /// It waits until its endpoint is enabled again, or for another process.
    case keep

    init(_ result: SendResult, tryCount: Int, _ schedule: RetrySchedule) {
        switch result.outcome {
        case .delivered: self = .delivered
        case .expired, .rejected, .customerUnknown, .customerInactive: self = .dead
        case .gone, .interrupted: self = .keep
        case .refused, .redirected, .timedOut, .unreachable, .noReply, .addressNotAllowed, .customersUnavailable:
            let pause = schedule.pauseMilliseconds(
                afterTry: tryCount, retryAfterSeconds: result.retryAfterSeconds)
            self = pause.map { .retry(afterMilliseconds: $0) } ?? .dead
        }
    }

    var state: Delivery.State {
        switch self {
        case .delivered: .delivered
        case .dead: .dead
        case .retry, .keep: .pending
        }
    }
}
