extension SQL {
    /// A pattern for `LIKE … ESCAPE '|'` that matches texts which contain `text`; its wildcards stand for themselves.
    package static func containsPattern(_ text: String) -> String {
        var pattern = String.UnicodeScalarView("%".unicodeScalars)
        // Scalars: a wildcard with a combining mark behind it is another character to Swift, and a wildcard to the database.
        for scalar in text.unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "|" { pattern.append("|") }
            pattern.append(scalar)
        }
        pattern.append("%")
        return String(pattern)
    }
}
