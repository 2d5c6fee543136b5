/// What is said of an event in one language. None of it names a customer.
protocol MessageTemplates: Sendable {
    /// How amounts are written.
    var numbers: NumberForm { get }

    /// A line that says which order, and what became of it.
    func subject(_ notice: OrderNotice) -> String

    /// A sentence that says what happened.
    func opening(_ notice: OrderNotice) -> String

    /// What stands for lines that are not shown.
    func more(_ count: Int) -> String

    func total(_ amount: String) -> String

    /// - Parameter status: as the Orders API calls it; one that has no word here is shown as it is.
    func status(_ status: String) -> String
}

extension MessageTemplates {
    /// The whole text, in lines that end in LF: what happened, the order's lines, its total and its status, as far as the event has them.
    func text(_ notice: OrderNotice) -> String {
        var paragraphs = [opening(notice)]
        var lines = notice.lines.map { line in
            let unitPrice = numbers.amount(cents: line.unitPriceCents)
            return "\(line.quantity) x \(line.sku) (\(unitPrice)): \(numbers.amount(cents: line.subtotalCents))"
        }
        if notice.lineCount > lines.count { lines.append(more(notice.lineCount - lines.count)) }
        if !lines.isEmpty { paragraphs.append(lines.joined(separator: "\n")) }
        let end = [
            notice.totalCents.map { total(numbers.amount(cents: $0)) }, notice.status.map { status($0) },
        ].compactMap { $0 }
        if !end.isEmpty { paragraphs.append(end.joined(separator: "\n")) }
        return paragraphs.joined(separator: "\n\n") + "\n"
    }
}

/// How a language writes amounts.
struct NumberForm: Sendable {
    let decimalMark: Character
    let groupMark: Character

    /// - Parameter cents: any number.
    /// - Returns: such as `1,234.90`.
    func amount(cents: Int64) -> String {
        let magnitude = cents.magnitude
        let digits = String(magnitude / 100)
        var whole = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { whole.append(groupMark) }
            whole.append(digit)
        }
        let rest = magnitude % 100
        return (cents < 0 ? "-" : "") + whole + String(decimalMark) + (rest < 10 ? "0" : "") + String(rest)
    }
}
