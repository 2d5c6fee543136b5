package import HTTPTypes
package import Telemetry

/// Reads the parameters of a query, and remembers everything that is wrong with them.
package struct QueryReader {
    private var parameters: [String: String] = [:]
    private var violations: [Problem.Violation] = []
    private var pairs: [(name: String, text: String)] = []
    private var askedNames: Set<String> = []

    /// Parameters that nobody asks for are ignored; one that is repeated or malformed is a violation.
    package init(_ request: Request) {
        for pair in (request.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsBlank: true) else { continue }
            let text = parts.count > 1 ? parts[1] : ""
            let decoded = PercentEncoding.decode(text, plusIsBlank: true)
            // A cursor is opaque: one that is no text was altered like any other, and is refused like any other.
            guard let value = decoded ?? (name == "cursor" ? String(text) : nil) else {
                reject(name, "format", "Must be percent-encoded UTF-8.")
                continue
            }
            pairs.append((name, String(pair)))
            if parameters.updateValue(value, forKey: name) != nil { reject(name, "format", "Must occur once.") }
        }
    }

    /// - Throws: the 422 with all violations, if there is any.
    package func finish() throws(Problem) {
        guard violations.isEmpty else { throw .validationFailed(violations) }
    }

    /// The parameters that were asked for, as the client wrote them: what a link to the same list repeats. The others are left
    /// out, since they may be as long as a request line, and a field of the response may not.
    package var askedText: String {
        pairs.filter { askedNames.contains($0.name) }.map(\.text).joined(separator: "&")
    }

    package mutating func text(_ name: String, length: ClosedRange<Int>) -> String? {
        guard let value = value(name) else { return nil }
        guard length.contains(value.unicodeScalars.count) else {
            reject(name, "length", "Must have \(length.lowerBound) to \(length.upperBound) characters.")
            return nil
        }
        guard !value.hasControlCharacters else {
            reject(name, "control-character", "Must not have control characters.")
            return nil
        }
        return value
    }

    package mutating func boolean(_ name: String) -> Bool? {
        switch value(name) {
        case nil: return nil
        case "true": return true
        case "false": return false
        case .some:
            reject(name, "format", "Must be true or false.")
            return nil
        }
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = Int64(digits: value), range.contains(number) else {
            reject(name, "range", "Must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// A whole number of at least `minimum`; one above `maximum`, however large, counts as `maximum`.
    package mutating func integer(_ name: String, from minimum: Int, cappedAt maximum: Int) -> Int? {
        guard let value = value(name) else { return nil }
        let number = Int(digits: value) ?? Int.max
        guard value.isDecimal, number >= minimum else {
            reject(name, "range", "Must be a whole number, at least \(minimum).")
            return nil
        }
        return min(number, maximum)
    }

    package mutating func timestamp(_ name: String) -> Timestamp? {
        guard let value = value(name) else { return nil }
        // `Timestamp` also reads the database's form, which is none of RFC 3339.
        guard value.contains("T") || value.contains("t"), let timestamp = Timestamp(value) else {
            reject(name, "format", "Must be a time as in RFC 3339: 2026-01-31T09:30:00Z.")
            return nil
        }
        return timestamp
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let value = value(name) else { return nil }
        guard let choice = Choice(rawValue: value) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            reject(name, "unknown-value", "Must be one of \(words).")
            return nil
        }
        return choice
    }

    /// The opaque text of the cursor, as it came.
    package func cursor() -> String? { parameters["cursor"] }

    package mutating func reject(_ name: String, _ code: String, _ detail: String) {
        violations.append(Problem.Violation(pointer: name, code: code, detail: detail))
    }

    private mutating func value(_ name: String) -> String? {
        askedNames.insert(name)
        return parameters[name]
    }
}
