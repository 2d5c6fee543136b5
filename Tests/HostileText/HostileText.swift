/// Texts that cost Swift's `String` far more than their length where it compares or hashes them.
package enum HostileText {
    /// Combining marks above and below in turn, each of two bytes. Two such texts are compared by the canonical order of their
    /// marks, and to find it takes a step for each pair: 256 KiB take more than ten seconds.
    package static func marks(byteCount: Int) -> String {
        var text = String.UnicodeScalarView()
        for number in 0..<byteCount / 2 { text.append(number.isMultiple(of: 2) ? "\u{301}" : "\u{316}") }
        return String(text)
    }
}
