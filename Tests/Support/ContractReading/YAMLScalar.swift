import JSON

/// What stands on one line of the contract: a member's name, a scalar, `[a, b]` or `{}`.
enum YAMLScalar {
    /// The name of a member and what stands behind its colon; nil where `text` is not the beginning of a member.
    static func splitKey(_ text: Substring, line: Int) throws(YAMLError) -> (key: String, rest: Substring)? {
        if let quote = text.first, quote == "'" || quote == "\"" {
            guard let (key, rest) = try quoted(text, line: line), rest.first == ":" else { return nil }
            return try (key, value(behindColon: rest, line: line))
        }
        guard let colon = text.indices.first(where: { text[$0] == ":" && isColonOfMember(text[$0...]) }) else {
            return nil
        }
        let key = text[..<colon]
        guard !key.isEmpty, key.allSatisfy(isNameCharacter) else {
            if key.contains(where: { "&*!?[{".contains($0) }) {
                throw YAMLError(.unsupported("a member's name with \(key)"), line: line)
            }
            throw YAMLError(.malformedKey, line: line)
        }
        guard try plain(key, line: line).string != nil else {
            throw YAMLError(.ambiguousScalar(String(key)), line: line)
        }
        return try (String(key), value(behindColon: text[colon...], line: line))
    }

    /// A scalar, `[a, b]` or `{}`.
    static func value(_ text: Substring, line: Int) throws(YAMLError) -> JSONValue {
        switch text.first {
        case "'", "\"":
            guard let (string, rest) = try quoted(text, line: line), rest.isEmpty else {
                throw YAMLError(.malformedQuotation, line: line)
            }
            return .string(string)
        case "[": return .array(try flowSequence(text, line: line))
        case "{":
            guard text == "{}" else { throw YAMLError(.unsupported("a flow mapping"), line: line) }
            return .object(JSONObject())
        default: return try plain(text, line: line)
        }
    }

    private static func isColonOfMember(_ text: Substring) -> Bool { text.count == 1 || text.dropFirst().first == " " }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_-+./{}$".contains(character))
    }

    private static func value(behindColon text: Substring, line: Int) throws(YAMLError) -> Substring {
        let rest = text.dropFirst()
        guard !rest.isEmpty else { return rest }
        guard rest.first == " ", rest.dropFirst().first != " " else { throw YAMLError(.malformedKey, line: line) }
        return rest.dropFirst()
    }

    /// A quotation at the start of `text`, and what follows it; nil where it does not end.
    private static func quoted(_ text: Substring, line: Int) throws(YAMLError) -> (String, Substring)? {
        guard let quote = text.first else { return nil }
        var index = text.index(after: text.startIndex)
        while index < text.endIndex {
            let following = text.index(after: index)
            if text[index] == "\\", quote == "\"", following < text.endIndex {
                index = text.index(after: following)
            } else if text[index] != quote {
                index = following
            } else if quote == "'", following < text.endIndex, text[following] == quote {
                index = text.index(after: following)
            } else {
                let quotation = text[...index]
                return (try unquoted(quotation, quote: quote, line: line), text[following...])
            }
        }
        return nil
    }

    private static func unquoted(_ text: Substring, quote: Character, line: Int) throws(YAMLError) -> String {
        if quote == "'" {
            return String(text.dropFirst().dropLast()).split(separator: "''", omittingEmptySubsequences: false)
                .joined(separator: "'")
        }
        // What JSON reads between quotation marks, YAML reads in the same way; the other escapes of YAML are refused.
        guard let string = (try? JSONParser.parse(Array(text.utf8)))?.string else {
            throw YAMLError(.malformedQuotation, line: line)
        }
        return string
    }

    private static func flowSequence(_ text: Substring, line: Int) throws(YAMLError) -> [JSONValue] {
        guard text.last == "]" else { throw YAMLError(.unsupported("a flow sequence of several lines"), line: line) }
        var rest = text.dropFirst().dropLast()
        var values: [JSONValue] = []
        while !rest.isEmpty {
            let item: Substring
            if let quote = rest.first, quote == "'" || quote == "\"" {
                guard let (_, behind) = try quoted(rest, line: line) else {
                    throw YAMLError(.malformedQuotation, line: line)
                }
                item = rest[..<behind.startIndex]
            } else {
                item = rest.prefix { $0 != "," }
                if item.contains(where: { "[]{}".contains($0) }) || item.contains(": ") {
                    throw YAMLError(.unsupported("a collection in a flow sequence"), line: line)
                }
            }
            values.append(try value(item, line: line))
            rest = rest[item.endIndex...]
            guard rest.isEmpty || rest.hasPrefix(", ") && rest.count > 2 else {
                throw YAMLError(.unsupported("a flow sequence that is not like [a, b]"), line: line)
            }
            rest = rest.dropFirst(2)
        }
        return values
    }

    private static func plain(_ text: Substring, line: Int) throws(YAMLError) -> JSONValue {
        switch text {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        guard let first = text.first, !text.hasPrefix("---"), !text.hasPrefix("..."), text != "-" else {
            throw YAMLError(.unsupported(String(text)), line: line)
        }
        if "&*!".contains(first) { throw YAMLError(.unsupported("an anchor, alias or tag"), line: line) }
        if "|>".contains(first) { throw YAMLError(.unsupported("a block scalar other than | and >-"), line: line) }
        if "%@`\"'#,[]{}?:~ ".contains(first) || text.hasPrefix("- ") || text.contains(": ") || text.contains(" #")
            || text.last == ":" || misreadWords.contains(text.lowercased())
        {
            throw YAMLError(.ambiguousScalar(String(text)), line: line)
        }
        guard first.isNumber || "+-.".contains(first) else { return .string(String(text)) }
        return try numberLike(text, line: line)
    }

    /// Words that YAML 1.1 reads as a boolean or null in spellings that YAML 1.2 and JSON do not.
    private static let misreadWords: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

    /// A number of JSON, or a text that no reader takes for a number, a date or a time.
    private static func numberLike(_ text: Substring, line: Int) throws(YAMLError) -> JSONValue {
        if let number = try? JSONParser.parse(Array(text.utf8)) { return number }
        let isVersion =
            text.split(separator: ".", omittingEmptySubsequences: false).count == 3
            && text.allSatisfy { $0.isNumber || $0 == "." }
        // Digits with no letters but those of exponents, dates and radixes may be a number, a date or a time elsewhere.
        let mayBeNumber =
            text.allSatisfy { !$0.isLetter || "eETtZz".contains($0) }
            || ["0x", "0o", "0b", "."].contains { text.drop { "+-".contains($0) }.hasPrefix($0) }
        guard isVersion || !mayBeNumber else {
            throw YAMLError(.ambiguousScalar(String(text)), line: line)
        }
        return .string(String(text))
    }
}
