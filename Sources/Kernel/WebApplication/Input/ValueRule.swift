package import JSON

/// Why a value does not fit its rule.
package struct ValueFailure: Error {
    package let code: String
    package let detail: String

    package init(code: String, detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// What one value of an input must be, and the value it then is.
package struct ValueRule<Value>: Sendable {
    package let read: @Sendable (JSONValue) -> Result<Value, ValueFailure>

    package init(read: @escaping @Sendable (JSONValue) -> Result<Value, ValueFailure>) { self.read = read }

    /// This rule and one more: `parse` gives nil for what it refuses.
    package func parsed<Parsed>(
        code: String, _ detail: String, _ parse: @escaping @Sendable (Value) -> Parsed?
    ) -> ValueRule<Parsed> {
        ValueRule<Parsed> { json in
            read(json).flatMap { value in
                parse(value).map { .success($0) } ?? .failure(ValueFailure(code: code, detail: detail))
            }
        }
    }

    fileprivate static func mismatch(_ expected: String, _ value: JSONValue) -> Result<Value, ValueFailure> {
        .failure(ValueFailure(code: "type", detail: "Must be \(expected), not \(value.kindName)."))
    }
}

extension ValueRule where Value == Int64 {
    /// A whole number within `range`.
    package static func integer(in range: ClosedRange<Int64>) -> ValueRule<Int64> {
        ValueRule { value in
            switch value {
            case .integer(let number) where range.contains(number): .success(number)
            case .integer, .decimal:
                .failure(
                    ValueFailure(
                        code: "range",
                        detail: "Must be a whole number from \(range.lowerBound) to \(range.upperBound)."))
            default: mismatch("a whole number", value)
            }
        }
    }
}

extension ValueRule where Value == Int64 {
    /// Ids are positive, and no larger than a JavaScript client can hold exactly: 2^53 − 1.
    package static var identifiers: ClosedRange<Int64> { 1...9_007_199_254_740_991 }

    package static var identifier: ValueRule<Int64> { integer(in: identifiers) }
}

extension ValueRule where Value == Bool {
    package static var boolean: ValueRule<Bool> {
        ValueRule { value in value.bool.map { .success($0) } ?? mismatch("a boolean", value) }
    }
}

extension ValueRule where Value == String {
    /// A text of `length` Unicode scalars without control characters, and with more than blanks in it unless it is empty.
    package static func text(length: ClosedRange<Int>) -> ValueRule<String> {
        ValueRule { value in
            guard case .string(let text) = value else { return mismatch("a string", value) }
            guard length.contains(text.unicodeScalars.count) else {
                return .failure(
                    ValueFailure(
                        code: "length", detail: "Must have \(length.lowerBound) to \(length.upperBound) characters."))
            }
            guard !text.hasControlCharacters else {
                return .failure(ValueFailure(code: "control-character", detail: "Must not have control characters."))
            }
            guard text.isEmpty || text.unicodeScalars.contains(where: { $0.value > 0x20 }) else {
                return .failure(ValueFailure(code: "format", detail: "Must not be blank."))
            }
            return .success(text)
        }
    }
}

extension ValueRule where Value: RawRepresentable & Sendable, Value.RawValue == String {
    /// One of the words that stand for `choices`.
    package static func choice(of choices: [Value]) -> ValueRule<Value> {
        ValueRule { value in
            guard case .string(let word) = value else { return mismatch("a string", value) }
            guard let choice = choices.first(where: { $0.rawValue == word }) else {
                let words = choices.map(\.rawValue).joined(separator: ", ")
                return .failure(ValueFailure(code: "unknown-value", detail: "Must be one of \(words)."))
            }
            return .success(choice)
        }
    }
}

extension ValueRule where Value == [JSONObject] {
    /// An array of `count` objects.
    package static func objects(count: ClosedRange<Int>) -> ValueRule<[JSONObject]> {
        ValueRule { value in
            guard case .array(let values) = value else { return mismatch("an array", value) }
            guard values.count >= count.lowerBound else {
                return .failure(ValueFailure(code: "empty", detail: "Must have at least \(count.lowerBound) entries."))
            }
            guard values.count <= count.upperBound else {
                return .failure(
                    ValueFailure(code: "too-many", detail: "Must have at most \(count.upperBound) entries."))
            }
            let objects = values.compactMap(\.object)
            guard objects.count == values.count else {
                return .failure(ValueFailure(code: "type", detail: "Every entry must be an object."))
            }
            return .success(objects)
        }
    }
}
