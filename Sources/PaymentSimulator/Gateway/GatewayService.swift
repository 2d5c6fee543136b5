import DatabaseWebService
import FaultPoints
import MySQL
import Telemetry

/// What a request is answered.
struct GatewayReply: Sendable {
    let status: Int
    let body: [UInt8]
    /// Whether it is a kept answer.
    var isReplay = false
}

/// One request that changes something.
struct GatewayChange: Sendable {
    let effect: IntentEffect
    /// The members that the answer has in full.
    let expansions: Set<String>
    let key: String?
    /// What the key belongs to: the operation, its path and its parameters.
    let fingerprint: [UInt8]
    var fault: Fault?
}

/// What the gateway does. An effect, its ledger's entries and the answer that the key keeps commit together, or none does.
struct GatewayService {
    let database: Database
    let intents: IntentStore
    let ledger: LedgerStore
    let keys: KeyStore

    /// - Throws: `refused` where the key belongs to another request; what the database did not let happen.
    func perform(_ change: GatewayChange, _ call: CallContext) throws(GatewayFailure) -> GatewayReply {
        do throws(GatewayFailure) { return try attempt(change, call) } catch {
            // The other process has committed: its answer is there now.
            guard case .keyTaken = error else { throw error }
            return try attempt(change, call)
        }
    }

    /// - Throws: `refused` where there is none.
    func find(id: String, expansions: Set<String>, _ call: CallContext) throws(GatewayFailure) -> GatewayReply {
        let found = try database.read(for: call) {
            (session: borrowing ReadSession<GatewayFailure>) throws(GatewayFailure) in
            try intents.find(id: id, in: session)
        }
        guard let found else {
            throw .refused(.noSuchIntent(id, parameter: "intent"))
        }
        return IntentAnswer.intent(found).reply(expansions)
    }

    private func attempt(_ change: GatewayChange, _ call: CallContext) throws(GatewayFailure) -> GatewayReply {
        let reply = try database.transaction(for: call, ifCommitIsLost: change.key == nil ? .report : .runAgain) {
            (transaction: borrowing Transaction<GatewayFailure>) throws(GatewayFailure) in
            if let key = change.key, let kept = try keys.find(key, in: transaction) {
                guard kept.fingerprint == change.fingerprint else { throw .refused(.keyMismatch) }
                return GatewayReply(status: kept.status, body: kept.body, isReplay: true)
            }
            let reply = try firstReply(to: change, in: transaction)
            if let key = change.key {
                let kept = KeptReply(fingerprint: change.fingerprint, status: reply.status, body: reply.body)
                try keys.insert(key, kept, in: transaction)
            }
            faultPoint("simulator.effect.before-commit")
            return reply
        }
        faultPoint("simulator.effect.after-commit")
        return reply
    }

    private func firstReply(
        to change: GatewayChange, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) -> GatewayReply {
        let failed = IntentAnswer.refused(.failed).reply([])
        if change.fault == .failBeforeEffect { return failed }
        let answer = try effect(change.effect, in: transaction)
        return change.fault == .failAfterEffect ? failed : answer.reply(change.expansions)
    }

    private func effect(
        _ effect: IntentEffect, in transaction: borrowing Transaction<GatewayFailure>
    ) throws(GatewayFailure) -> IntentAnswer {
        let now = try transaction.now()
        switch effect {
        case .create(let draft): return .intent(try intents.insert(draft, at: now, in: transaction))
        case .change(let id, let step):
            guard var intent = try intents.lock(id: id, in: transaction) else {
                return .refused(.noSuchIntent(id, parameter: step.idParameter))
            }
            let transition: IntentTransition
            do throws(GatewayError) { transition = try intent.apply(step, at: now) } catch { return .refused(error) }
            try intents.update(intent, in: transaction)
            for entry in transition.entries { try ledger.insert(entry, of: intent, at: now, in: transaction) }
            return transition.answer(intent, at: now)
        }
    }
}
