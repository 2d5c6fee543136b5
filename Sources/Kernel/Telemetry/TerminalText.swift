/// Text that came from anywhere, on its way to where people read.
package enum TerminalText {
    /// `text` in which each character is escaped, as in JSON, that a terminal would act on, or that would have it show another text than
    /// this: control characters (C0, DEL, C1), line separators, and marks of writing direction.
    ///
    /// - Parameter keepsLines: whether a line feed stays one.
    package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            if isActedOn(scalar), !(keepsLines && scalar == "\n") {
                shown += escape(scalar)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// Appends bytes that should be UTF-8, escaped as above; those that are not become U+FFFD.
    static func append(_ text: some Sequence<UInt8>, to line: inout [UInt8]) {
        let text = Array(text)
        guard !text.allSatisfy({ 0x20..<0x7F ~= $0 }) else {
            line += text
            return
        }
        line += Array(escaped(String(decoding: text, as: UTF8.self)).utf8)
    }

    private static func isActedOn(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
