package import HTTPMessages
private import JSON
package import Telemetry

/// Reads the parameters of a query, and remembers everything that is wrong with them.
package struct QueryReader {
    /// 64: three times what the largest number of any parameter has. More are zeros in front, or a number that is no count of
    /// anything, and a link to the next page would repeat them in a field of the response, whose length is bounded.
    package static let numberDigitsMax = 64

    private var parameters: [TextKey: String] = [:]
    private var violations: [Problem.Violation] = []
    private var pairs: [(name: TextKey, text: String)] = []
    private var askedNames: Set<TextKey> = []

    /// Parameters that nobody asks for are ignored; one that is repeated or malformed is a violation.
    package init(_ request: Request) {
        for parameter in request.queryParameters {
            guard let name = PercentEncoding.decode(parameter.name, plusIsBlank: true) else { continue }
            let key = TextKey(name)
            let decoded = PercentEncoding.decode(parameter.value, plusIsBlank: true)
            // A cursor is opaque: one that is no text was altered like any other, and is refused like any other.
            guard let value = decoded ?? (key == QueryReader.cursorKey ? String(parameter.value) : nil) else {
                reject(name, "format", "Must be percent-encoded UTF-8.")
                continue
            }
            pairs.append((key, "\(parameter.name)=\(parameter.value)"))
            if parameters.updateValue(value, forKey: key) != nil { reject(name, "format", "Must occur once.") }
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
        guard let value = value(name) else { return nil }
        if value.hasSameBytes(as: "true") { return true }
        if value.hasSameBytes(as: "false") { return false }
        reject(name, "format", "Must be true or false.")
        return nil
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = number(name) else { return nil }
        guard let number = Int64(digits: value), range.contains(number) else {
            reject(name, "range", "Must be a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// A whole number of at least `minimum`; one above `maximum`, however large, counts as `maximum`.
    package mutating func integer(_ name: String, from minimum: Int, cappedAt maximum: Int) -> Int? {
        guard let value = number(name) else { return nil }
        let number = Int(digits: value) ?? Int.max
        guard value.isDecimal, number >= minimum else {
            reject(name, "range", "Must be a whole number, at least \(minimum).")
            return nil
        }
        return min(number, maximum)
    }

    package mutating func timestamp(_ name: String) -> Timestamp? {
        guard let value = value(name) else { return nil }
        // An offset's `+` that was not escaped has been read as a blank, of which a time has none. `Timestamp` also reads the
        // database's form, which has one and is none of RFC 3339; so the blank always becomes the sign.
        let written = value.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : $0 }
        guard let timestamp = Timestamp(String(decoding: written, as: UTF8.self)) else {
            reject(name, "format", "Must be a time as in RFC 3339: 2026-01-31T09:30:00Z.")
            return nil
        }
        return timestamp
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let value = value(name) else { return nil }
        guard let choice = Choice.allCases.first(where: { $0.rawValue.hasSameBytes(as: value) }) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            reject(name, "unknown-value", "Must be one of \(words).")
            return nil
        }
        return choice
    }

    /// The opaque text of the cursor, as it came.
    package func cursor() -> String? { parameters[QueryReader.cursorKey] }

    private static let cursorKey = TextKey("cursor")

    package mutating func reject(_ name: String, _ code: String, _ detail: String) {
        violations.append(Problem.Violation(pointer: name, code: code, detail: detail))
    }

    /// The text of a number, or of what stands in its place.
    private mutating func number(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard value.utf8.count <= QueryReader.numberDigitsMax else {
            reject(name, "length", "Must have at most \(QueryReader.numberDigitsMax) digits.")
            return nil
        }
        return value
    }

    private mutating func value(_ name: String) -> String? {
        let key = TextKey(name)
        askedNames.insert(key)
        return parameters[key]
    }
}
