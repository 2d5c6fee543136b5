package import Concurrency
private import DatabaseWebService
private import FaultPoints
package import HTTPMessages
package import Idempotency
package import MySQL
package import Telemetry
package import WebApplication

/// Answers requests that carry a key: the first by doing the work, every later one with the first one's reply.
package struct IdempotentReplies: Sendable {
    /// 500 keys a statement: a few milliseconds of locks; a backlog is worked off in many short steps.
    private static let sweepLimit = 500

    private let store: IdempotencyStore
    private let database: Database

    package init(_ store: IdempotencyStore, _ database: Database) {
        self.store = store
        self.database = database
    }

    /// The reply to a request.
    ///
    /// `work` runs first and records its reply in its own transaction (`IdempotencyStore.record`), which fails where the key
    /// is taken: so the first request under a key, of which there are most, does not look for it. Before anything is refused
    /// the key is looked up, and if it has its reply, that decides: neither the payload nor the state of the world counts
    /// then. A problem that tells of a state is recorded too, so that a repetition fails alike.
    ///
    /// - Parameters:
    ///   - claim: nil for a request without a key; then `work` simply runs.
    ///   - work: whose effect, if any, commits together with the key. Runs a second time where the key had expired.
    /// - Throws: what `work` throws, `idempotency-key-reused`, `idempotency-key-in-use`, or the database's problem.
    package func reply(
        to request: Request, _ claim: IdempotencyClaim?, _ context: RequestContext,
        work: () throws(Problem) -> FirstReply
    ) throws(Problem) -> Response {
        guard let claim else { return response(try work()) }
        context.call.note(idempotencyKey: claim.key)
        do {
            return try keptReply(to: request, claim, context, work)
        } catch {
            // There was no time to find out. The repetition under the key will.
            if error.kind == .outcomeUnknown, context.deadline.hasPassed { throw .deadlineExceeded }
            throw error
        }
    }

    private func keptReply(
        to request: Request, _ claim: IdempotencyClaim, _ context: RequestContext,
        _ work: () throws(Problem) -> FirstReply
    ) throws(Problem) -> Response {
        var problem: Problem
        do { return response(try work()) } catch { problem = error }
        guard IdempotentReplies.isDecidedByKey(problem) else { throw problem }
        var state = try state(of: claim, context)
        if case .expired = state {
            try removeExpired(claim, context)
            guard problem.kind == .idempotencyKeyInUse else { return try refuse(problem, request, claim, context) }
            do { return response(try work()) } catch { problem = error }
            guard IdempotentReplies.isDecidedByKey(problem) else { throw problem }
            state = try self.state(of: claim, context)
        }
        if let replay = try replay(state) { return replay }
        return try refuse(problem, request, claim, context)
    }

    /// Refuses under a key that has no reply.
    ///
    /// - Returns: the refusal, kept under the key if it is to be.
    /// - Throws: the problem, where it is not.
    private func refuse(
        _ problem: Problem, _ request: Request, _ claim: IdempotencyClaim, _ context: RequestContext
    ) throws(Problem) -> Response {
        guard IdempotentReplies.isKept(problem) else { throw problem }
        let rendered = problem.response(instance: String(request.path), traceID: context.trace.traceID)
        let failure = StoredReply(status: rendered.status.code, body: rendered.body)
        do {
            try transaction(by: context.deadline, context.call.tracer) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try store.record(claim, failure, in: transaction)
                faultPoint("idempotency.refusal.before-commit")
            }
            faultPoint("idempotency.refusal.after-commit")
            return rendered
        } catch {
            // A concurrent request with the same key may have come first: then its answer is the answer.
            if error.kind == .idempotencyKeyInUse, let replay = try replay(state(of: claim, context)) { return replay }
            throw error
        }
    }

    /// Removes expired keys in the background.
    package func sweep(_ logger: Logger, _ metrics: Metrics) -> Worker {
        let runs = SweepMetrics("expired-keys", metrics)
        runs.register()
        // Expired keys are harmless, so every 10 minutes is often enough; 30 s bound the work of one run.
        return Worker("expired-keys", intervalMilliseconds: 600_000) { stop in
            do throws(Problem) {
                let removed = try removeExpired(by: .after(milliseconds: 30_000), stop)
                if removed > 0 { logger.info("expired idempotency keys removed", ["count": removed]) }
                runs.noteSuccess()
            } catch {
                runs.noteFailure()
                logger.warning("expired idempotency keys not removed", ["cause": error.detail])
            }
        }
    }

    /// Removes expired keys until there are none, the time is up, or `stop` says so.
    ///
    /// - Returns: how many were removed.
    func removeExpired(by deadline: Deadline, _ stop: StopToken = .never) throws(Problem) -> Int {
        var removed = 0
        while !deadline.hasPassed, !stop.isStopRequested {
            let count = try transaction(by: deadline) {
                (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
                try store.removeExpired(limit: IdempotentReplies.sweepLimit, in: transaction)
            }
            removed += count
            if count < IdempotentReplies.sweepLimit { break }
        }
        return removed
    }

    /// Whatever an error's author marks as final, a key keeps nothing that a later attempt may find otherwise by itself.
    private static func isKept(_ problem: Problem) -> Bool {
        problem.kind.isFinal && (problem.status == .conflict || problem.status == .unprocessableContent)
    }

    /// Whether a reply that the key may have comes before this. A failure of the database's or of another service's tells
    /// nothing of the request: its repetition will find the key.
    private static func isDecidedByKey(_ problem: Problem) -> Bool { !problem.status.isServerError }

    private func state(
        of claim: IdempotencyClaim, _ context: RequestContext
    ) throws(Problem) -> IdempotencyStore.KeyState {
        do throws(DatabaseError) {
            return try store.find(claim, in: database, for: context.call)
        } catch {
            throw Problem(error)
        }
    }

    private func removeExpired(_ claim: IdempotencyClaim, _ context: RequestContext) throws(Problem) {
        try transaction(by: context.deadline, context.call.tracer) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try store.removeExpired(claim, in: transaction)
        }
    }

    private func replay(_ state: IdempotencyStore.KeyState) throws(Problem) -> Response? {
        switch state {
        case .unseen, .expired: return nil
        case .otherPayload: throw .idempotencyKeyReused
        case .reply(let stored):
            var replay = response(stored)
            replay.headers["Idempotency-Replayed"] = "true"
            return replay
        }
    }

    private func transaction<Value>(
        by deadline: Deadline, _ tracer: Tracer? = nil,
        _ body: (borrowing Transaction<DatabaseError>) throws(DatabaseError) -> Value
    ) throws(Problem) -> Value {
        do {
            return try database.transaction(by: deadline, ifCommitIsLost: .runAgain, tracer: tracer, body)
        } catch {
            throw Problem(error)
        }
    }

    private func response(_ first: FirstReply) -> Response {
        var response = response(first.reply)
        if let entityTag = first.entityTag { response.headers["ETag"] = entityTag.text }
        return response
    }

    private func response(_ reply: StoredReply) -> Response {
        let status = Status(reply.status)
        var response = Response.json(status, reply.body)
        if !status.isSuccess { response.headers["Content-Type"] = "application/problem+json" }
        if let location = reply.location { response.headers["Location"] = location }
        return response
    }
}

/// The reply to the first request under a key, or to one without a key.
package struct FirstReply {
    package let reply: StoredReply
    /// The version of what was changed. It is not kept: a repetition's answer tells of the first attempt, and a version from
    /// it could be taken for the present one.
    package let entityTag: EntityTag?

    package init(_ reply: StoredReply, entityTag: EntityTag? = nil) {
        self.reply = reply
        self.entityTag = entityTag
    }
}
