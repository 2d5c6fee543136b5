/// A command of a service. What `--help` prints, what the command line may hold, and what shells complete all come from it.
package struct CommandDescription: Sendable {
    /// `--customer ID`.
    package struct Option: Sendable {
        /// With its dashes.
        package let name: String
        /// What stands for its value in the help; every option has one.
        let valueName: String
        let purpose: String
        let isNecessary: Bool

        package init(_ name: String, _ valueName: String, _ purpose: String, isNecessary: Bool = false) {
            self.name = name
            self.valueName = valueName
            self.purpose = purpose
            self.isNecessary = isNecessary
        }
    }

    /// The words that are no options.
    package struct Words: Sendable {
        /// What stands for them in the help: `N`.
        let name: String
        let count: ClosedRange<Int>
        /// Nil where any will do.
        let choices: [String]?

        package init(_ name: String, count: ClosedRange<Int> = 1...1, choices: [String]? = nil) {
            self.name = name
            self.count = count
            self.choices = choices
        }

        static let none = Words("", count: 0...0)
    }

    package let name: String
    /// Names that others know it by; shells do not complete them.
    let aliases: [String]
    package let purpose: String
    let options: [Option]
    let words: Words
    /// Whether `--help` and shells tell of it.
    let isListed: Bool

    package init(
        _ name: String, aliases: [String] = [], _ purpose: String, options: [Option] = [], words: Words? = nil,
        isListed: Bool = true
    ) {
        self.name = name
        self.aliases = aliases
        self.purpose = purpose
        self.options = options
        self.words = words ?? .none
        self.isListed = isListed
    }

    /// How the command is written: `token --customer ID [--minutes N]`.
    var usage: String {
        let options = options.map { option in
            let written = "\(option.name) \(option.valueName)"
            return option.isNecessary ? written : "[\(written)]"
        }
        let words = words.choices.map { $0.joined(separator: "|") } ?? words.name
        return ([name] + options + (words.isEmpty ? [] : [words])).joined(separator: " ")
    }

    /// Its part of the help.
    var help: String {
        let also = aliases.isEmpty ? "" : " (also: \(aliases.joined(separator: ", ")))"
        let word = words.name.isEmpty ? "" : " \(words.name)"
        let command = CommandDescription.line(indent: 2, name + word, purpose + also)
        return command
            + options.map { CommandDescription.line(indent: 4, "\($0.name) \($0.valueName)", $0.purpose) }.joined()
    }

    private static func line(indent: Int, _ name: String, _ purpose: String) -> String {
        let start = String(repeating: " ", count: indent) + name
        return start + String(repeating: " ", count: max(1, 23 - start.count)) + purpose + "\n"
    }

    /// Reads what follows the command. An option's value may be a word of its own, or follow a `=`.
    ///
    /// - Throws: which words are not expected, and how the command is written.
    func read(_ arguments: some Sequence<String>, _ identity: ServiceIdentity) throws(CommandError) -> CommandWords {
        var values: [String: String] = [:]
        var others: [String] = []
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                others.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
            guard let option = options.first(where: { $0.name == parts[0] }) else {
                throw misuse("\(name) has no option \(parts[0]).", identity)
            }
            guard values[option.name] == nil else { throw misuse("\(option.name) is given twice.", identity) }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                throw misuse("\(option.name) needs a value: \(option.valueName).", identity)
            }
            values[option.name] = value
        }
        if let missing = options.first(where: { $0.isNecessary && values[$0.name] == nil }) {
            throw misuse("\(name) needs \(missing.name) \(missing.valueName).", identity)
        }
        guard words.count.contains(others.count) else { throw misuse("\(name) \(expectation).", identity) }
        if let choices = words.choices, let other = others.first(where: { !choices.contains($0) }) {
            throw misuse("\(name) takes \(choices.joined(separator: " or ")), not \"\(other)\".", identity)
        }
        return CommandWords(command: self, identity: identity, words: others, values: values)
    }

    private var expectation: String {
        switch (words.count.lowerBound, words.count.upperBound) {
        case (0, 0): "takes no words of its own"
        case (1, 1): "takes one word: \(words.name)"
        default: "takes \(words.name)"
        }
    }

    /// - Parameter sentence: what is wrong.
    func misuse(_ sentence: String, _ identity: ServiceIdentity) -> CommandError {
        CommandError(message: "\(sentence)\nUsage: \(identity.command) \(usage)", status: .misused)
    }
}

/// What followed a command on the command line.
package struct CommandWords: Sendable {
    let command: CommandDescription
    let identity: ServiceIdentity
    /// Those that are no options; as many as the command takes.
    package let words: [String]
    private let values: [String: String]

    init(command: CommandDescription, identity: ServiceIdentity, words: [String], values: [String: String]) {
        self.command = command
        self.identity = identity
        self.words = words
        self.values = values
    }

    /// The number that an option has.
    ///
    /// - Returns: nil where the option is not given.
    package func number(of option: String, in range: ClosedRange<Int64>) throws(CommandError) -> Int64? {
        guard let text = values[option] else { return nil }
        return try number(text, named: option, in: range)
    }

    /// The number that the first word is.
    ///
    /// - Precondition: the command takes one word.
    package func number(in range: ClosedRange<Int64>) throws(CommandError) -> Int64 {
        try number(words.first ?? "", named: command.words.name, in: range)
    }

    /// What the command is told wrongly, with how it is written.
    package func misuse(_ sentence: String) -> CommandError { command.misuse(sentence, identity) }

    private func number(
        _ text: String, named name: String, in range: ClosedRange<Int64>
    ) throws(CommandError) -> Int64 {
        guard let number = Int64(text), range.contains(number) else {
            let end = range.upperBound == .max ? "on" : "to \(range.upperBound)"
            throw misuse("\(name) must be a whole number from \(range.lowerBound) \(end), not \"\(text)\".")
        }
        return number
    }
}
