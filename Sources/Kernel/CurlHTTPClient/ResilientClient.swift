package import Concurrency
package import HTTPMessages
package import Resilience
package import Telemetry

/// When a request may be sent a second time.
package enum Repeatable: Sendable {
    /// It reads only, or carries an idempotency key: sent twice, it has one effect.
    case always
    /// Twice might be two effects, so only when it certainly never left.
    case whenNotSent
}

/// Sends requests to one service, and sends them again where that is safe and may help.
///
/// Of several layers the one that is nearest to what has failed asks again, and those above it do not: three attempts of three
/// layers each would be 27 calls to a service that is in trouble already.
package struct ResilientClient: Sendable {
    /// What a client tells whoever counts and logs.
    package enum Event: Sendable {
        /// Before a repetition: which attempt failed, counted from 1, and why.
        case retry(attempt: Int, reason: String)
        /// A request was not sent, because the bulkhead had no place for it.
        case refused
        /// A request was not sent, because the circuit is open.
        case circuitOpen
        /// A request was not repeated, because the budget is spent.
        case budgetSpent
    }

    /// 10 ms: no service replies sooner with certainty, and what is sent without hope for a reply only leaves an outcome that
    /// nobody knows.
    static let attemptMillisecondsMin = 10
    /// The range of `X-Request-Timeout-Ms` that this product's services accept.
    private static let toldMilliseconds = 1...60_000

    private let transport: any HTTPTransport
    private let origin: Origin
    private let retry: RetryPolicy
    private let bulkhead: Bulkhead?
    private let circuit: CircuitBreaker?
    private let budget: RetryBudget?
    private let observe: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - bulkhead: how many requests may wait for the service at once, their repetitions and pauses included; nil for any number.
    ///   - circuit: keeps requests from a service that fails; nil to send them all.
    ///   - budget: how many repetitions all requests may make together; nil for as many as `retry` allows each.
    package init(
        transport: any HTTPTransport, origin: Origin, retry: RetryPolicy = RetryPolicy(), bulkhead: Bulkhead? = nil,
        circuit: CircuitBreaker? = nil, budget: RetryBudget? = nil,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.transport = transport
        self.origin = origin
        self.retry = retry
        self.bulkhead = bulkhead
        self.circuit = circuit
        self.budget = budget
        self.observe = observe
    }

    /// With all that stands before the calls to a service.
    package init(
        transport: any HTTPTransport, origin: Origin, guards: DependencyGuards,
        observe: @escaping @Sendable (Event) -> Void
    ) {
        self.init(
            transport: transport, origin: origin, bulkhead: guards.bulkhead, circuit: guards.circuit,
            budget: guards.budget, observe: observe)
    }

    /// The reply to `request`, or to its last repetition.
    ///
    /// Repeated are, as far as `repeatable` allows, what has no reply and what was answered 429, 502 or 503, after a random
    /// pause and never before the moment that a `Retry-After` names. A 504 is not: whoever gives it has waited as long as it
    /// was asked to. Everything ends so long before `deadline` that the caller can still answer in time, and an attempt that
    /// could not end by then is not begun. Each attempt carries `X-Request-Timeout-Ms`: within so many milliseconds the service
    /// has to answer for its reply to be in time here.
    ///
    /// - Parameter tracer: begins a span for each attempt, which the service then continues.
    /// - Throws: the last attempt's error, which counts as maybe sent when any attempt was; `tooManyCallers`, `circuitOpen`.
    package func send(
        _ request: Request, repeatable: Repeatable, by deadline: Deadline, tracer: Tracer? = nil
    ) throws(TransportError) -> Response {
        let end = deadline.leavingTimeToAnswer
        guard let bulkhead else { return try attempt(request, repeatable: repeatable, by: end, tracer) }
        let response = try bulkhead.run(by: end) { () throws(TransportError) in
            try attempt(request, repeatable: repeatable, by: end, tracer)
        }
        if let response { return response }
        observe(.refused)
        throw .tooManyCallers(callersMax: bulkhead.callersMax)
    }

    private func attempt(
        _ request: Request, repeatable: Repeatable, by end: Deadline, _ tracer: Tracer?
    ) throws(TransportError) -> Response {
        // After a pause there has to be time for an attempt.
        let lastStart = end.earlier(milliseconds: ResilientClient.attemptMillisecondsMin)
        var request = request
        var maybeSent = false
        var attempt = 1
        while true {
            guard !lastStart.hasPassed else { throw .deadlineExceeded(maybeSent: maybeSent) }
            request.headers["X-Request-Timeout-Ms"] = String(toldMilliseconds(by: end))
            do throws(TransportError) {
                let response = try sendThroughCircuit(request, attempt, by: end, tracer)
                guard repeatable == .always, isWorthRepeating(response),
                    let pause = retry.pauseMilliseconds(
                        afterAttempt: attempt,
                        atLeastMilliseconds: RetryAfter.milliseconds(response.headers["Retry-After"]), by: lastStart),
                    mayRepeat()
                else { return response }
                maybeSent = true
                wait(pause, afterAttempt: attempt, reason: "status \(response.status.code)")
            } catch {
                maybeSent = maybeSent || error.mayHaveBeenSent
                guard isWorthRepeating(error, repeatable: repeatable),
                    let pause = retry.pauseMilliseconds(afterAttempt: attempt, by: lastStart), mayRepeat()
                else { throw maybeSent ? error.afterMaybeSent : error }
                wait(pause, afterAttempt: attempt, reason: error.message)
            }
            attempt += 1
        }
    }

    /// Whether the service is asked so little that it may be asked again.
    private func mayRepeat() -> Bool {
        if let circuit, circuit.state != .closed { return false }
        guard let budget, !budget.takeRepetition() else { return true }
        observe(.budgetSpent)
        return false
    }

    /// Sends the request once, unless the circuit is open, and tells that one what came of it.
    private func sendThroughCircuit(
        _ request: Request, _ attempt: Int, by end: Deadline, _ tracer: Tracer?
    ) throws(TransportError) -> Response {
        guard let circuit else { return try send(request, attempt, by: end, tracer) }
        switch circuit.admit() {
        case .refused(let milliseconds):
            observe(.circuitOpen)
            throw .circuitOpen(retryAfterMilliseconds: milliseconds)
        case .call(let call):
            do throws(TransportError) {
                let response = try send(request, attempt, by: end, tracer)
                // What is wrong with the request is not wrong with the service.
                circuit.end(call, response.status.code >= 500 ? .failure : .success)
                return response
            } catch {
                circuit.end(call, error.outcome)
                throw error
            }
        }
    }

    /// Sends the request once.
    private func send(
        _ request: Request, _ attempt: Int, by end: Deadline, _ tracer: Tracer?
    ) throws(TransportError) -> Response {
        // Here, so that what the circuit keeps back saves no repetitions up.
        if attempt == 1 { budget?.noteCall() }
        guard let span = tracer?.begin() else { return try transport.send(request, to: origin, by: end) }
        var request = request
        request.headers["traceparent"] = span.context.traceparent
        do throws(TransportError) {
            let response = try transport.send(request, to: origin, by: end)
            span.end(request, to: origin, attempt, .success(response.status))
            return response
        } catch {
            span.end(request, to: origin, attempt, .failure(error))
            throw error
        }
    }

    /// What one attempt lasts, less what the service's own answer takes.
    private func toldMilliseconds(by end: Deadline) -> Int {
        let attempt = min(end.remainingMilliseconds, transport.attemptTimeoutMilliseconds)
        let told = attempt - AnswerReserve.milliseconds(of: attempt)
        return min(max(told, ResilientClient.toldMilliseconds.lowerBound), ResilientClient.toldMilliseconds.upperBound)
    }

    private func isWorthRepeating(_ response: Response) -> Bool {
        switch response.status.code {
        case 429, 502, 503: true
        default: false
        }
    }

    private func isWorthRepeating(_ error: TransportError, repeatable: Repeatable) -> Bool {
        switch error {
        case .notSent: true
        case .maybeSent: repeatable == .always
        case .deadlineExceeded, .replyTooLarge, .invalidRequest, .tooManyCallers, .circuitOpen, .addressRefused: false
        }
    }

    private func wait(_ milliseconds: Int, afterAttempt attempt: Int, reason: String) {
        observe(.retry(attempt: attempt, reason: reason))
        Thread.sleep(milliseconds: milliseconds)
    }
}

extension TransportError {
    /// What it tells of the service.
    fileprivate var outcome: CircuitBreaker.Outcome {
        switch self {
        case .notSent, .maybeSent, .replyTooLarge: .failure
        // The caller's time was up: the circuit counts it where the service had enough of it.
        case .deadlineExceeded, .tooManyCallers, .circuitOpen, .addressRefused, .invalidRequest: .unknown
        }
    }
}
