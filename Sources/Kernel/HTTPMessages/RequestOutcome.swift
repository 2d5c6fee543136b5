package import Concurrency

/// What a handler made of a request.
package enum RequestOutcome: Sendable {
    case response(Response)
    /// There is nothing to answer yet: the request waits without a thread.
    case parked(ParkedRequest)
}

/// A request that waits until something happens or its time is up.
package struct ParkedRequest: Sendable {
    package let signal: WakeSignal
    /// The signal's version when the handler looked.
    package let version: UInt64
    package let deadline: Deadline
    /// Runs the handler again, on whichever thread calls it.
    ///
    /// - Parameter isLast: whether it has to answer: its time is up, or there is no room for it to wait.
    package let resume: @Sendable (_ isLast: Bool) -> RequestOutcome

    package init(
        signal: WakeSignal, version: UInt64, deadline: Deadline,
        resume: @escaping @Sendable (_ isLast: Bool) -> RequestOutcome
    ) {
        self.signal = signal
        self.version = version
        self.deadline = deadline
        self.resume = resume
    }
}

extension RequestOutcome {
    /// The response, for which this waits on the calling thread.
    package func awaited() -> Response {
        var outcome = self
        while true {
            switch outcome {
            case .response(let response): return response
            case .parked(let parked):
                let hasHappened = parked.signal.wait(after: parked.version, by: parked.deadline)
                outcome = parked.resume(!hasHappened)
            }
        }
    }
}
