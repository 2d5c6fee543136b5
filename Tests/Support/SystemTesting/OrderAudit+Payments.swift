import MySQL

extension OrderAudit {
    /// What is wrong with asynchronous orders that the saga should have brought to their end: nothing is left to do in a system at rest
    /// whose DEAD sagas have all been redriven.
    static func sagaViolations<Query: SQLQuerying & ~Copyable>(
        in session: borrowing Query
    ) throws(Query.Failure) -> [Violation] {
        try violations(
            .sagas,
            [
                ("has a saga still", "SELECT order_id FROM order_sagas"),
                (
                    "has not ended, and nobody has anything left to do for it",
                    """
                    SELECT id FROM orders LEFT JOIN order_sagas ON order_id = id
                    WHERE status IN ('PENDING', 'STOCK_RESERVED', 'PAID') AND order_id IS NULL
                    """
                ),
                (
                    "needs attention, and no saga of it is DEAD",
                    """
                    SELECT id FROM orders LEFT JOIN order_sagas ON order_id = id AND state = 'DEAD'
                    WHERE needs_attention AND order_id IS NULL
                    """
                ),
            ], in: session)
    }

    /// What is wrong with the money in the payment simulator's ledger: each order is charged once at most, with its total where it is
    /// CONFIRMED and with nothing in the end where it is not, and nothing is held for it any more.
    ///
    /// The ledger is counted where it is in the same schema, as `RunningSystem` has it. Without one no order may name a payment.
    static func paymentViolations<Query: SQLQuerying & ~Copyable>(
        in session: borrowing Query
    ) throws(Query.Failure) -> [Violation] {
        let hasLedger = try session.queryFirst(
            """
            SELECT COUNT(*) > 0 FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = 'gateway_ledger'
            """
        ) { (row) throws(DatabaseError) in try row.bool(0) }
        guard hasLedger == true else {
            return try violations(
                .payments,
                [
                    (
                        "names a payment, and there is no ledger to count it in",
                        "SELECT id FROM orders WHERE payment_id IS NOT NULL"
                    )
                ], in: session)
        }
        return try violations(.payments, paymentChecks, in: session)
    }

    /// Amounts are unsigned; a difference of them may not be.
    private static let paymentChecks: [(sentence: String, finding: SQL)] = [
        (
            "was charged more than once",
            """
            SELECT order_id FROM gateway_intents JOIN gateway_ledger ON intent_number = gateway_intents.number
            WHERE kind = 'capture' AND order_id IS NOT NULL GROUP BY order_id HAVING COUNT(*) > 1
            """
        ),
        (
            "has paid another amount than its state asks for",
            """
            SELECT id FROM orders LEFT JOIN order_sagas ON order_sagas.order_id = id LEFT JOIN (
                SELECT order_id, SUM(IF(kind = 'capture', 1, -1) * CAST(gateway_ledger.amount AS SIGNED)) AS paid
                FROM gateway_intents JOIN gateway_ledger ON intent_number = gateway_intents.number
                WHERE kind IN ('capture', 'refund') GROUP BY order_id
            ) AS money ON money.order_id = id
            WHERE flow = 'ASYNC' AND order_sagas.order_id IS NULL
                AND COALESCE(paid, 0) <> IF(status = 'CONFIRMED', CAST(total_cents AS SIGNED), 0)
            """
        ),
        (
            "has an amount held for it still",
            """
            SELECT gateway_intents.order_id FROM gateway_intents
            LEFT JOIN order_sagas ON order_sagas.order_id = gateway_intents.order_id
            WHERE order_sagas.order_id IS NULL AND (capturable > 0 OR gateway_intents.status = 'requires_capture')
            """
        ),
        (
            "has a hold that was neither taken nor let go of as a whole",
            """
            SELECT gateway_intents.order_id FROM gateway_intents
            JOIN gateway_ledger ON intent_number = gateway_intents.number
            LEFT JOIN order_sagas ON order_sagas.order_id = gateway_intents.order_id
            WHERE order_sagas.order_id IS NULL AND kind <> 'refund' GROUP BY gateway_intents.number, gateway_intents.order_id
            HAVING SUM(IF(kind = 'authorization', 1, -1) * CAST(gateway_ledger.amount AS SIGNED)) <> 0
            """
        ),
        (
            "was paid for by another payment than the one that it names",
            """
            SELECT orders.id FROM gateway_intents JOIN gateway_ledger ON intent_number = gateway_intents.number
            JOIN orders ON orders.id = gateway_intents.order_id
            WHERE kind IN ('authorization', 'capture') AND NOT orders.payment_id <=> gateway_intents.id
            """
        ),
        (
            "has a payment, and is no asynchronous order",
            """
            SELECT COALESCE(order_id, 0) FROM gateway_intents LEFT JOIN orders ON orders.id = order_id AND flow = 'ASYNC'
            WHERE orders.id IS NULL
            """
        ),
    ]
}
