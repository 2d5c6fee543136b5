/// A setting that other programs have, and what has its place here.
package struct ReplacedSetting: Sendable {
    /// The name; `REDIS_*` stands for all that begin with `REDIS_`.
    package let pattern: String
    private let agreeingValues: [String]
    /// What to use in its place, or why nothing is needed: the rest of a sentence that begins "… is not a setting: ".
    package let replacement: String

    /// - Parameter agreeingValues: what holds here in any case, so that nothing has to be said; in lowercase.
    package init(_ pattern: String, agreeingWith agreeingValues: [String] = [], _ replacement: String) {
        self.pattern = pattern
        self.agreeingValues = agreeingValues
        self.replacement = replacement
    }

    func matches(_ name: String) -> Bool {
        pattern.last == "*" ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }

    func agrees(with value: String) -> Bool { agreeingValues.contains(value.lowercased()) }
}
