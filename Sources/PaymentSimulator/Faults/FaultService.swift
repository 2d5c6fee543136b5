import Concurrency
import Digests
import MySQL
import Telemetry

/// The plan of faults, and what of it happens to a request.
struct FaultService: Sendable {
    let database: Database
    let store: FaultStore
    /// How many draws each rule has seen since the process started.
    private let draws = Lock<[Int64: UInt64]>([:])

    init(database: Database, store: FaultStore) {
        self.database = database
        self.store = store
    }

    func rules(_ call: CallContext) throws(DatabaseError) -> [FaultRule] {
        try planned(call).map(\.rule)
    }

    /// Puts `rules` in the place of all that were planned.
    func plan(_ rules: [FaultRule], _ call: CallContext) throws(DatabaseError) {
        try database.transaction(for: call, ifCommitIsLost: .runAgain) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try store.replace(with: rules, in: transaction)
        }
        draws.withLock { $0 = [:] }
    }

    /// The fault that the first rule has for a request; nil where none has.
    func take(_ operation: FaultRule.Operation, _ call: CallContext) throws(DatabaseError) -> Fault? {
        for planned in try planned(call) {
            let rule = planned.rule
            guard rule.operation == operation || rule.operation == .any else { continue }
            switch rule.frequency {
            case .count: guard try takeOne(of: planned, call) else { continue }
            case .percent(let percent, let seed):
                guard draw(planned.number, seed: seed) < percent else { continue }
            }
            return Fault(rule.fault, delayMilliseconds: rule.delayMilliseconds)
        }
        return nil
    }

    private func planned(_ call: CallContext) throws(DatabaseError) -> [FaultStore.Planned] {
        try database.read(for: call) { (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try store.find(in: session)
        }
    }

    /// A transaction of its own: what was planned has happened, whatever becomes of the request.
    private func takeOne(of planned: FaultStore.Planned, _ call: CallContext) throws(DatabaseError) -> Bool {
        try database.transaction(for: call) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try store.takeOne(number: planned.number, in: transaction)
        }
    }

    /// 0 to 99: the same for the same seed and count of draws.
    private func draw(_ number: Int64, seed: Int64) -> Int64 {
        let count = draws.withLock { draws in
            draws[number, default: 0] += 1
            return draws[number] ?? 0
        }
        let digest = SHA256.digest(Array("\(seed) \(count)".utf8))
        return Int64(digest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } % 100)
    }
}
