extension SQL {
    /// A pattern for `LIKE … ESCAPE '|'` that matches texts which contain `text`; its wildcards stand for themselves.
    package static func containsPattern(_ text: String) -> String {
        var pattern = "%"
        for character in text {
            if character == "%" || character == "_" || character == "|" { pattern.append("|") }
            pattern.append(character)
        }
        return pattern + "%"
    }
}
