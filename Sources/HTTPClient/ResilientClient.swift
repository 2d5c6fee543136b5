package import HTTPTypes
package import Resilience
private import Threading

/// When a request may be sent a second time.
package enum Repeatable: Sendable {
    /// It reads only, or carries an idempotency key: sent twice, it has one effect.
    case always
    /// Twice might be two effects, so only when it certainly never left.
    case whenNotSent
}

/// Sends requests to one service, and sends them again where that is safe and may help.
package struct ResilientClient: Sendable {
    private let transport: any HTTPTransport
    private let origin: Origin
    private let retry: RetryPolicy
    private let onRetry: @Sendable (Int, String) -> Void

    /// - Parameter onRetry: told before each repetition which attempt failed, counted from 1, and why.
    package init(
        transport: any HTTPTransport, origin: Origin, retry: RetryPolicy = RetryPolicy(),
        onRetry: @escaping @Sendable (Int, String) -> Void = { _, _ in }
    ) {
        self.transport = transport
        self.origin = origin
        self.retry = retry
        self.onRetry = onRetry
    }

    /// The reply to `request`, or to its last repetition.
    ///
    /// Repeated are, as far as `repeatable` allows, what has no reply and what was answered 429, 502, 503 or 504, after a
    /// random pause, never before the moment a `Retry-After` names, and never past `deadline`. Each attempt carries
    /// `X-Request-Timeout-Ms`, the milliseconds after which nobody waits for its reply any more.
    ///
    /// - Throws: the last attempt's error, which counts as maybe sent when any attempt was.
    package func send(
        _ request: Request, repeatable: Repeatable, by deadline: Deadline
    ) throws(TransportError) -> Response {
        var request = request
        var maybeSent = false
        var attempt = 1
        while true {
            request.headers["X-Request-Timeout-Ms"] = String(attemptMilliseconds(by: deadline))
            do throws(TransportError) {
                let response = try transport.send(request, to: origin, by: deadline)
                guard repeatable == .always, ResilientClient.transientCodes.contains(response.status.code),
                    let pause = retry.pauseMilliseconds(
                        afterAttempt: attempt,
                        atLeastMilliseconds: RetryAfter.milliseconds(response.headers["Retry-After"]), by: deadline)
                else { return response }
                maybeSent = true
                wait(pause, afterAttempt: attempt, reason: "status \(response.status.code)")
            } catch {
                maybeSent = maybeSent || error.mayHaveBeenSent
                guard isWorthRepeating(error, repeatable: repeatable),
                    let pause = retry.pauseMilliseconds(afterAttempt: attempt, by: deadline)
                else { throw maybeSent ? error.afterMaybeSent : error }
                wait(pause, afterAttempt: attempt, reason: error.message)
            }
            attempt += 1
        }
    }

    /// Within the range that this product's services accept.
    private func attemptMilliseconds(by deadline: Deadline) -> Int {
        min(max(min(deadline.remainingMilliseconds, transport.attemptTimeoutMilliseconds), 1), 60_000)
    }

    private func isWorthRepeating(_ error: TransportError, repeatable: Repeatable) -> Bool {
        switch error {
        case .notSent: true
        case .maybeSent: repeatable == .always
        case .deadlineExceeded, .replyTooLarge, .invalidRequest: false
        }
    }

    private func wait(_ milliseconds: Int, afterAttempt attempt: Int, reason: String) {
        onRetry(attempt, reason)
        Thread.sleep(milliseconds: milliseconds)
    }

    private static let transientCodes: Set<Int> = [429, 502, 503, 504]
}
