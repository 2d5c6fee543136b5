/// How far work is that takes long.
struct ProgressReport: Sendable, Equatable {
    /// What is being done: `orders`.
    let step: String
    var done = 0
    /// Nil where nobody knows how much there is to do.
    var total: Int?
    let elapsedMilliseconds: Int

    /// How much was done in a second so far; nil before there is anything to tell by.
    var perSecond: Int? {
        guard total != nil, done > 0, elapsedMilliseconds > 0 else { return nil }
        return Int(Double(done) * 1000 / Double(elapsedMilliseconds))
    }

    /// How long the rest takes at that rate.
    var secondsLeft: Int? {
        guard let total, let perSecond, perSecond > 0 else { return nil }
        return (max(total - done, 0) + perSecond - 1) / perSecond
    }

    /// `orders: 120,000 of 1,000,000 (12 %), 24,310/s, 37 s left`, or where nobody knows how much there is, `m0001_create_orders: 3 s`.
    var text: String {
        guard let total else { return "\(step): \(elapsedMilliseconds / 1000) s" }
        var text = "\(step): \(grouped(done)) of \(grouped(total))"
        if total > 0 { text += " (\(done * 100 / total) %)" }
        if let perSecond { text += ", \(grouped(perSecond))/s" }
        if let secondsLeft { text += ", \(secondsLeft) s left" }
        return text
    }

    /// The same for a log line.
    var fields: [(String, Logger.Value)] {
        var fields: [(String, Logger.Value)] = [("step", step), ("elapsed_ms", elapsedMilliseconds)]
        if let total { fields += [("done", done), ("total", total)] }
        if let perSecond { fields.append(("per_second", perSecond)) }
        if let secondsLeft { fields.append(("seconds_left", secondsLeft)) }
        return fields
    }

    private func grouped(_ number: Int) -> String {
        var groups: [String] = []
        var rest = number
        while rest >= 1000 {
            let group = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - group.utf8.count) + group)
            rest /= 1000
        }
        return ([String(rest)] + groups.reversed()).joined(separator: ",")
    }
}
