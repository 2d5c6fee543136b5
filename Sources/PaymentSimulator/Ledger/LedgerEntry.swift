import JSON

/// One movement of money.
struct LedgerEntry: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case authorization, capture, refund, cancellation
    }

    let kind: Kind
    /// 0 for the cancellation of an intent that held nothing.
    let amount: Int64

    init(_ kind: Kind, _ amount: Int64) {
        self.kind = kind
        self.amount = amount
    }
}

/// What the ledger tells of an intent.
struct LedgerAccount: JSONEncodable, Sendable {
    /// How many movements there were of a kind, and their sum.
    struct Total: Sendable {
        var count: Int64 = 0
        var cents: Int64 = 0
    }

    let id: Int64
    let intentID: String
    let orderID: Int64?
    let currency: String
    let amountCents: Int64
    let status: String
    var totals: [LedgerEntry.Kind: Total] = [:]

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("payment_intent", intentID)
            writer.member("order_id", orderID)
            writer.member("currency", currency)
            writer.member("amount_cents", amountCents)
            writer.member("status", status)
            for kind in LedgerEntry.Kind.allCases {
                let total = totals[kind] ?? Total()
                writer.member("\(kind.rawValue)_count", total.count)
                writer.member("\(kind.rawValue)_cents", total.cents)
            }
        }
    }
}
