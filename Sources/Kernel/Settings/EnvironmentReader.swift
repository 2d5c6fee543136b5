private import Glibc

/// Reads settings by name, checks each, and reports all mistakes together.
///
/// Every read states the variable's default and purpose, so that the list which `--help` prints is the list that the
/// program reads: neither can be forgotten in the other.
package struct EnvironmentReader: Sendable {
    package struct Variable: Sendable {
        package let name: String
        /// What holds when the variable is absent or empty; empty where nothing does.
        package let defaultText: String
        package let purpose: String
    }

    /// Each variable that was asked for, in the order of asking.
    package private(set) var variables: [Variable] = []
    private var mistakes: [String]
    /// Each name that was looked up: those of `variables`, and the `*_FILE` of secrets.
    private var namesRead: [String] = []
    private let values: [String: String]
    private let fileAssignments: [DotEnvFile.Assignment]
    private let readFile: @Sendable (String) throws(TextFileError) -> String

    /// - Parameters:
    ///   - environment: where settings come from. The mistakes in its file are reported with those in its values.
    ///   - readFile: the text of a file that a `*_FILE` variable names.
    package init(
        _ environment: Environment,
        readFile: @escaping @Sendable (String) throws(TextFileError) -> String = { (path) throws(TextFileError) in
            try textOfFile(path)
        }
    ) {
        values = environment.values
        mistakes = environment.file.mistakes
        fileAssignments = environment.file.assignments
        self.readFile = readFile
    }

    /// - Parameter values: the environment. An empty value counts as absent.
    package init(
        _ values: [String: String],
        readFile: @escaping @Sendable (String) throws(TextFileError) -> String = { (path) throws(TextFileError) in
            try textOfFile(path)
        }
    ) {
        self.init(Environment(values: values, file: DotEnvFile("")), readFile: readFile)
    }

    /// A reader of the same variables that has read none of them; the files that they name are read anew.
    package var again: EnvironmentReader { EnvironmentReader(values, readFile: readFile) }

    package mutating func text(_ name: String, default fallback: String, _ purpose: String) -> String {
        note(name, fallback, purpose)
        return value(name) ?? fallback
    }

    package mutating func optionalText(_ name: String, _ purpose: String) -> String? {
        note(name, "", purpose)
        return value(name)
    }

    /// The path of a file that this process may read.
    package mutating func readableFile(_ name: String, _ purpose: String) -> String? {
        guard let path = optionalText(name, purpose) else { return nil }
        if access(path, R_OK) != 0 { reject(name, "names a file that cannot be read: \(path)") }
        return path
    }

    /// Whether the variable has a value of its own, for settings that exclude each other.
    package mutating func isSet(_ name: String) -> Bool { value(name) != nil }

    /// What a variable holds that programs of all kinds obey, such as `TERM`: none of `variables`.
    package mutating func commonVariable(_ name: String) -> String? { value(name) }

    /// A whole number within `range`.
    package mutating func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>, _ purpose: String
    ) -> Int {
        note(name, String(fallback), purpose)
        guard let text = value(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            reject(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            return fallback
        }
        return number
    }

    /// `TRUE` or `FALSE`, in any case.
    package mutating func flag(_ name: String, default fallback: Bool, _ purpose: String) -> Bool {
        note(name, fallback ? "TRUE" : "FALSE", purpose)
        guard let text = value(name) else { return fallback }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            reject(name, "must be TRUE or FALSE, not \"\(text)\"")
            return fallback
        }
    }

    /// One of a few words, in any case.
    package mutating func choice<Choice>(
        _ name: String, default fallback: String, among choices: KeyValuePairs<String, Choice>, or other: Choice,
        _ purpose: String
    ) -> Choice {
        note(name, fallback, purpose)
        let text = (value(name) ?? fallback).lowercased()
        if let choice = choices.first(where: { $0.key == text }) { return choice.value }
        reject(name, "must be one of \(choices.map(\.key).joined(separator: ", ")), not \"\(text)\"")
        return other
    }

    /// A comma-separated list; blanks around the entries do not count.
    package mutating func list(_ name: String, _ purpose: String) -> [String] {
        note(name, "", purpose)
        return EnvironmentReader.entries(value(name) ?? "")
    }

    /// A secret, from the variable or from the file that `<name>_FILE` names (as container platforms mount them). Naming
    /// both is a mistake, since nobody could say which one holds. The value is never repeated in a message.
    package mutating func secret(_ name: String, _ purpose: String) -> Secret? {
        note(name, "", purpose + " `\(name)_FILE` may name a file that holds it.")
        guard let fileName = value(name + "_FILE") else { return value(name).map { Secret($0) } }
        guard value(name) == nil else {
            reject(name, "and \(name)_FILE are both set; set one")
            return nil
        }
        let text: String
        do throws(TextFileError) { text = try readFile(fileName) } catch {
            reject(name + "_FILE", "names \(fileName), which \(error.reason)")
            return nil
        }
        let trimmed = EnvironmentReader.trimmed(text)
        // A secret that was not mounted must not turn into the default.
        guard !trimmed.isEmpty else {
            reject(name + "_FILE", "names \(fileName), which is empty")
            return nil
        }
        return Secret(trimmed)
    }

    /// The file that holds the secret `name`; nil where there is none.
    package mutating func fileOfSecret(_ name: String) -> String? { value(name + "_FILE") }

    /// A list of secrets: the first is in use, the others are still accepted while they are being replaced.
    ///
    /// - Parameter lengthMin: in bytes, of each.
    package mutating func secrets(
        _ name: String, countMax: Int = 2, lengthMin: Int = 1, _ purpose: String
    ) -> [String] {
        let text = secret(name, purpose)?.revealed
        let entries = EnvironmentReader.entries(text ?? "")
        if text != nil, entries.isEmpty { reject(name, "lists nothing but commas") }
        if entries.contains(where: { $0.utf8.count < lengthMin }) {
            reject(name, "must have at least \(lengthMin) characters; `openssl rand -hex 32` makes a good one")
        }
        if entries.count > countMax { reject(name, "may list at most \(countMax) values") }
        return Array(entries.prefix(countMax))
    }

    /// Adds a mistake that only several settings together show.
    package mutating func reject(_ name: String, _ reason: String) { mistakes.append("\(name) \(reason).") }

    /// A sentence for each name in the `.env` file that nobody reads and that looks like a slip of one that is read.
    ///
    /// Only of the file: the environment is full of other programs' variables. Complete when everything has been read.
    ///
    /// - Parameters:
    ///   - others: names that another program reads from the same file.
    ///   - replaced: names that `replacements` tells of.
    package func warnings(others: [String] = [], replaced: [ReplacedSetting] = []) -> [String] {
        let known = namesRead + others
        return fileAssignments.compactMap { assignment in
            guard !known.contains(assignment.name), !replaced.contains(where: { $0.matches(assignment.name) }),
                let near = NearName.of(assignment.name, among: known)
            else { return nil }
            return ".env line \(assignment.line): \(assignment.name) is not a setting; did you mean \(near)?"
        }
    }

    /// A sentence for each variable that another program's users would set, and that nobody reads here, by name. Complete when everything
    /// has been read.
    ///
    /// - Parameters:
    ///   - others: names that another program reads from the same file.
    ///   - replaced: what those variables are, and what has their place; of two that match a name the first counts.
    package func replacements(_ replaced: [ReplacedSetting], others: [String] = []) -> [String] {
        let known = Set(namesRead + others)
        return values.keys.filter { !known.contains($0) }.sorted().compactMap { name in
            guard let value = values[name].map(EnvironmentReader.trimmed), !value.isEmpty,
                let setting = replaced.first(where: { $0.matches(name) }), !setting.agrees(with: value)
            else { return nil }
            return "\(name) is not a setting: \(setting.replacement)"
        }
    }

    /// Ends the reading.
    ///
    /// - Throws: `ConfigurationError` with every mistake found.
    package func finish() throws(ConfigurationError) {
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes) }
    }

    /// Ends the reading of settings, one of which had no value that could be used in its place.
    ///
    /// - Throws: `ConfigurationError` with every mistake found; there is one wherever `value` is nil.
    package func finish<Value>(_ value: Value?) throws(ConfigurationError) -> Value {
        try finish()
        guard let value else { throw ConfigurationError(mistakes: ["A setting is missing."]) }
        return value
    }

    private mutating func note(_ name: String, _ fallback: String, _ purpose: String) {
        variables.append(Variable(name: name, defaultText: fallback, purpose: purpose))
    }

    private mutating func value(_ name: String) -> String? {
        namesRead.append(name)
        guard let text = values[name].map(EnvironmentReader.trimmed), !text.isEmpty else { return nil }
        return text
    }

    /// What stands between the commas of a list, without blanks around it.
    ///
    /// - Parameter keepingEmpty: whether what is empty is an entry, for lists in which that is a mistake.
    package static func entries(_ text: String, keepingEmpty: Bool = false) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed(String($0)) }
            .filter { keepingEmpty || !$0.isEmpty }
    }

    private static func trimmed(_ text: String) -> String {
        // Lazy views of the standard library would look for their conformances at run time, in every process's start.
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

/// Settings that cannot be used; nothing was started.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One sentence each, with the name of the variable first.
    package let mistakes: [String]

    package var description: String {
        "The configuration is not valid:\n" + mistakes.map { "  " + $0 }.joined(separator: "\n")
    }
}
