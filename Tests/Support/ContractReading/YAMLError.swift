/// Why a text is not of the subset of YAML that the contract is written in, and where.
package struct YAMLError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        case empty
        case tab
        case trailingBlank
        case indentation
        case missingValue
        case malformedKey
        case duplicateKey(String)
        case malformedQuotation
        /// A scalar that YAML 1.1, YAML 1.2 and JSON read in different ways, or that begins like something else.
        case ambiguousScalar(String)
        /// Anchors, aliases, tags, documents, nested flow collections and all else that the contract does without.
        case unsupported(String)
    }

    package let reason: Reason
    /// From 1.
    package let line: Int

    package init(_ reason: Reason, line: Int) {
        self.reason = reason
        self.line = line
    }

    package var description: String { "line \(line): \(reason)" }
}
