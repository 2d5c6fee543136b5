import MySQL

/// All SQL on the plan of faults, which is kept where a killed process finds it again.
struct FaultStore {
    /// A rule with the number of its row.
    struct Planned {
        let number: Int64
        let rule: FaultRule
    }

    /// The rules in their order; those that are used up are left out.
    func find<Query: SQLQuerying & ~Copyable>(in session: borrowing Query) throws(Query.Failure) -> [Planned] {
        try session.query(
            """
            SELECT number, operation, fault, delay_milliseconds, remaining, percent, seed FROM gateway_faults
            WHERE remaining > 0 OR remaining IS NULL ORDER BY number LIMIT \(FaultRule.countMax)
            """, Planned.init)
    }

    func replace(
        with rules: [FaultRule], in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) {
        _ = try transaction.execute("DELETE FROM gateway_faults")
        for rule in rules {
            var (remaining, percent, seed): (Int64?, Int64?, Int64?) = (nil, nil, nil)
            switch rule.frequency {
            case .count(let count): remaining = count
            case .percent(let share, let given): (percent, seed) = (share, given)
            }
            _ = try transaction.execute(
                """
                INSERT INTO gateway_faults (operation, fault, delay_milliseconds, remaining, percent, seed)
                VALUES (\(rule.operation.rawValue), \(rule.fault.rawValue), \(rule.delayMilliseconds), \(remaining),
                    \(percent), \(seed))
                """)
        }
    }

    /// Takes one of what is left of a rule.
    ///
    /// - Returns: whether there was one.
    func takeOne(
        number: Int64, in transaction: borrowing Transaction<DatabaseError>
    ) throws(DatabaseError) -> Bool {
        try transaction.execute(
            "UPDATE gateway_faults SET remaining = remaining - 1 WHERE number = \(number) AND remaining > 0"
        ).affectedRows == 1
    }
}

extension FaultStore.Planned {
    fileprivate init(_ row: Row) throws(DatabaseError) {
        guard let operation = FaultRule.Operation(rawValue: try row.string("operation")),
            let fault = Fault.Name(rawValue: try row.string("fault"))
        else { throw .decoding("a row of gateway_faults holds a value that the simulator never writes") }
        let frequency: FaultRule.Frequency
        if let remaining = try row.optionalInt64("remaining") {
            frequency = .count(remaining)
        } else {
            frequency = .percent(try row.int64("percent"), seed: try row.int64("seed"))
        }
        self.init(
            number: try row.int64("number"),
            rule: FaultRule(
                operation: operation, fault: fault, delayMilliseconds: try row.int("delay_milliseconds"),
                frequency: frequency))
    }
}
