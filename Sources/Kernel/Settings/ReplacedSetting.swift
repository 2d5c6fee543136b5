/// A setting that other programs have, and what has its place here.
package struct ReplacedSetting: Sendable {
    /// The name; `REDIS_*` stands for all that begin with `REDIS_`.
    package let pattern: String
    private let agreeingValues: [String]
    private let exceptions: [String]
    /// What to use in its place, or why nothing is needed: the rest of a sentence that begins "… is not a setting: ".
    package let replacement: String

    /// - Parameters:
    ///   - agreeingValues: what holds here in any case, so that nothing has to be said; in lowercase.
    ///   - exceptions: settings that one service or other has, although the pattern fits.
    package init(
        _ pattern: String, agreeingWith agreeingValues: [String] = [], except exceptions: [String] = [],
        _ replacement: String
    ) {
        self.pattern = pattern
        self.exceptions = exceptions
        self.agreeingValues = agreeingValues
        self.replacement = replacement
    }

    func matches(_ name: String) -> Bool {
        guard pattern.last == "*" else { return name == pattern }
        return name.hasPrefix(pattern.dropLast()) && !exceptions.contains(name)
    }

    func agrees(with value: String) -> Bool { agreeingValues.contains(value.lowercased()) }
}
