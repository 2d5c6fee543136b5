/// The assignments of a `.env` file: `NAME=value` a line, optionally after `export`, with `#` comments, and with the value
/// in single or double quotes where blanks or `#` belong to it.
package struct DotEnvFile: Sendable, Equatable {
    package struct Assignment: Sendable, Equatable {
        package let name: String
        package let value: String
        /// From 1, as editors count.
        package let line: Int
    }

    package private(set) var assignments: [Assignment] = []
    /// A sentence for each line that is neither an assignment, a comment nor blank. No value is repeated in it, and nothing
    /// of a line without a name: either may be a secret.
    package private(set) var mistakes: [String] = []

    /// - Parameters:
    ///   - text: of the file. Lines may end as on any system, and a byte order mark may come first.
    ///   - path: what the sentences call the file.
    package init(_ text: String, path: String = ".env") {
        let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let rest = line.drop(while: \.isWhitespace)
            guard !rest.isEmpty, !rest.hasPrefix("#") else { continue }
            switch DotEnvFile.assignment(rest, line: index + 1) {
            case .success(let assignment): assignments.append(assignment)
            case .failure(let mistake): mistakes.append("\(path) line \(index + 1) \(mistake.sentence).")
            }
        }
    }

    /// The file at `path`: without assignments where there is none, with a mistake where there is one that cannot be read.
    package init(path: String) {
        do throws(TextFileError) { self.init(try textOfFile(path), path: path) } catch {
            self.init("")
            if error != .absent { mistakes = ["\(path) \(error.reason)."] }
        }
    }

    /// The value of each name; of two assignments the last holds.
    package var values: [String: String] {
        var values: [String: String] = [:]
        for assignment in assignments { values[assignment.name] = assignment.value }
        return values
    }

    private enum Mistake: Error {
        case noAssignment
        case openQuote(String)
        case textAfterQuote(String)

        var sentence: String {
            switch self {
            case .noAssignment: "is not NAME=value"
            case .openQuote(let name): "does not close the quote around the value of \(name)"
            case .textAfterQuote(let name): "has text after the quoted value of \(name); quote the value as a whole"
            }
        }
    }

    private static func assignment(_ text: Substring, line: Int) -> Result<Assignment, Mistake> {
        var text = text
        if text.hasPrefix("export ") { text = text.dropFirst(7).drop(while: \.isWhitespace) }
        guard let equals = text.firstIndex(of: "=") else { return .failure(.noAssignment) }
        var name = text[..<equals]
        while name.last?.isWhitespace == true { name.removeLast() }
        guard isName(name) else { return .failure(.noAssignment) }
        let value = text[text.index(after: equals)...].drop(while: \.isWhitespace)
        guard let quote = value.first, quote == "\"" || quote == "'" else {
            return .success(Assignment(name: String(name), value: withoutComment(value), line: line))
        }
        let inner = value.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { return .failure(.openQuote(String(name))) }
        guard withoutComment(inner[inner.index(after: end)...]).isEmpty else {
            return .failure(.textAfterQuote(String(name)))
        }
        return .success(Assignment(name: String(name), value: String(inner[..<end]), line: line))
    }

    /// A name as shells take it: only then do `scripts/run` and the services read the same.
    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// `text` up to a `#` that begins it or comes after a blank, and without blanks at its end.
    private static func withoutComment(_ text: Substring) -> String {
        var value = text
        if let comment = text.indices.first(where: { index in
            text[index] == "#" && (index == text.startIndex || text[text.index(before: index)].isWhitespace)
        }) {
            value = text[..<comment]
        }
        while value.last?.isWhitespace == true { value.removeLast() }
        return String(value)
    }
}
