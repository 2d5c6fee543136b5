/// A setting that other programs have, and what has its place here.
package struct ReplacedSetting: Sendable {
    private let name: String
    private let isPrefix: Bool
    private let agreeingValues: [String]
    /// What to use in its place, or why nothing is needed: the rest of a sentence after "is not a setting: ".
    package let replacement: String

    /// - Parameters:
    ///   - pattern: the name; `REDIS_*` stands for all that begin with `REDIS_`.
    ///   - agreeingValues: what holds here in any case, so that nothing has to be said; in lowercase.
    package init(_ pattern: String, agreeingWith agreeingValues: [String] = [], _ replacement: String) {
        isPrefix = pattern.last == "*"
        name = isPrefix ? String(pattern.dropLast()) : pattern
        self.agreeingValues = agreeingValues
        self.replacement = replacement
    }

    func matches(_ other: String) -> Bool { isPrefix ? other.hasPrefix(name) : other == name }

    func agrees(with value: String) -> Bool { agreeingValues.contains(value.lowercased()) }
}
