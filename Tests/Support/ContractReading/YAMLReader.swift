package import JSON

/// Reads the subset of YAML that `openapi/*.yaml` is written in, and refuses everything else with its line.
///
/// Foundation reads no YAML and the product takes no packages. A subset that has one meaning in every reader (block
/// mappings and sequences indented by two spaces, scalars that are plain, quoted, `|` or `>-`, `[a, b]` and `{}` on one line)
/// is also what keeps Postman, Swagger UI and the generators from reading the contract in different ways.
package struct YAMLReader {
    /// The value that `text` holds.
    ///
    /// - Throws: `YAMLError` for anything outside of the subset, and for two members of one name in a mapping.
    package static func read(_ text: String) throws(YAMLError) -> JSONValue {
        var reader = try YAMLReader(text)
        guard let first = reader.next else { throw YAMLError(.empty, line: 1) }
        guard first.indent == 0 else { throw YAMLError(.indentation, line: first.number) }
        let value = try reader.block(indent: 0)
        if let rest = reader.next { throw YAMLError(.indentation, line: rest.number) }
        return value
    }

    private struct Line {
        let number: Int
        let indent: Int
        let text: Substring

        var isItem: Bool { text.hasPrefix("- ") }
    }

    private var lines: [Line] = []
    private var position = 0

    private init(_ text: String) throws(YAMLError) {
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if raw.contains("\t") { throw YAMLError(.tab, line: index + 1) }
            if raw.last?.isWhitespace == true { throw YAMLError(.trailingBlank, line: index + 1) }
            let text = raw.drop { $0 == " " }
            lines.append(Line(number: index + 1, indent: raw.count - text.count, text: text))
        }
    }

    /// The next line that is neither empty nor a comment.
    private var next: Line? {
        lines[position...].first { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
    }

    private mutating func advance(past line: Line) { position = line.number }

    private mutating func block(indent: Int) throws(YAMLError) -> JSONValue {
        next?.isItem == true ? .array(try sequence(indent: indent)) : .object(try mapping(indent: indent))
    }

    private mutating func sequence(indent: Int) throws(YAMLError) -> [JSONValue] {
        var values: [JSONValue] = []
        while let line = try sibling(indent: indent) {
            guard line.isItem else { throw YAMLError(.indentation, line: line.number) }
            let item = line.text.dropFirst(2)
            if item.hasPrefix(" ") || item.hasPrefix("- ") {
                throw YAMLError(.unsupported("an item that begins with a blank or another item"), line: line.number)
            }
            if try YAMLScalar.splitKey(item, line: line.number) != nil {
                // The item is a mapping whose first member stands behind the dash: read it as if on a line of its own.
                lines[line.number - 1] = Line(number: line.number, indent: indent + 2, text: item)
                values.append(.object(try mapping(indent: indent + 2)))
            } else {
                values.append(try YAMLScalar.value(item, line: line.number))
                advance(past: line)
            }
        }
        return values
    }

    private mutating func mapping(indent: Int) throws(YAMLError) -> JSONObject {
        var members: [(name: String, value: JSONValue)] = []
        while let line = try sibling(indent: indent) {
            guard !line.isItem else { throw YAMLError(.indentation, line: line.number) }
            guard let (key, text) = try YAMLScalar.splitKey(line.text, line: line.number) else {
                throw YAMLError(.malformedKey, line: line.number)
            }
            guard !members.contains(where: { $0.name == key }) else {
                throw YAMLError(.duplicateKey(key), line: line.number)
            }
            advance(past: line)
            switch text {
            case "": members.append((key, try nested(under: line)))
            case "|": members.append((key, .string(try literal(under: line))))
            case ">-": members.append((key, .string(try folded(under: line))))
            default: members.append((key, try YAMLScalar.value(text, line: line.number)))
            }
        }
        return JSONObject(members)
    }

    /// The next line of the collection whose lines stand at `indent`; nil where the collection ends.
    private func sibling(indent: Int) throws(YAMLError) -> Line? {
        guard let line = next, line.indent >= indent else { return nil }
        guard line.indent == indent else { throw YAMLError(.indentation, line: line.number) }
        return line
    }

    private mutating func nested(under parent: Line) throws(YAMLError) -> JSONValue {
        guard let line = next, line.indent > parent.indent else { throw YAMLError(.missingValue, line: parent.number) }
        guard line.indent == parent.indent + 2 else { throw YAMLError(.indentation, line: line.number) }
        return try block(indent: line.indent)
    }

    /// `|`: the lines as they stand, with one line feed at the end.
    private mutating func literal(under parent: Line) throws(YAMLError) -> String {
        let indent = parent.indent + 2
        let texts = try scalarLines(under: parent).map { line in
            line.text.isEmpty ? "" : String(repeating: " ", count: line.indent - indent) + line.text
        }
        return texts.joined(separator: "\n") + "\n"
    }

    /// `>-`: the lines as one, with no line feed at the end.
    private mutating func folded(under parent: Line) throws(YAMLError) -> String {
        let lines = try scalarLines(under: parent)
        for line in lines where line.text.isEmpty || line.indent != parent.indent + 2 {
            throw YAMLError(.unsupported("a folded scalar with paragraphs or deeper lines"), line: line.number)
        }
        return lines.map { String($0.text) }.joined(separator: " ")
    }

    private mutating func scalarLines(under parent: Line) throws(YAMLError) -> [Line] {
        var scalar = Array(lines[position...].prefix { $0.text.isEmpty || $0.indent > parent.indent })
        position += scalar.count
        while scalar.last?.text.isEmpty == true { scalar.removeLast() }
        guard let first = scalar.first else { throw YAMLError(.missingValue, line: parent.number) }
        guard !first.text.isEmpty else {
            throw YAMLError(.unsupported("a scalar that begins empty"), line: first.number)
        }
        for line in scalar where !line.text.isEmpty && line.indent < parent.indent + 2 {
            throw YAMLError(.indentation, line: line.number)
        }
        guard first.indent == parent.indent + 2 else { throw YAMLError(.indentation, line: first.number) }
        return scalar
    }
}
