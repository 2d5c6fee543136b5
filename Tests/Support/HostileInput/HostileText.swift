/// Texts that cost Swift's `String` far more than their length where it compares or hashes them.
package enum HostileText {
    /// Combining marks above and below in turn, each of two bytes. Such texts are compared and hashed by the canonical order of
    /// their marks, and to find it takes a step for each pair: 256 KiB take more than ten seconds.
    ///
    /// - Parameter number: texts of different numbers differ in their last marks. A difference behind the run, in a letter,
    ///   would be found without looking at the run.
    package static func marks(byteCount: Int, number: Int = 0) -> String {
        var text = String.UnicodeScalarView()
        let count = byteCount / 2
        for place in 0..<count {
            if place.isMultiple(of: 2) {
                text.append("\u{316}")
            } else {
                let bit = (count - 1 - place) / 2
                text.append(bit < Int.bitWidth && number >> bit & 1 == 1 ? "\u{302}" : "\u{301}")
            }
        }
        return String(text)
    }
}
