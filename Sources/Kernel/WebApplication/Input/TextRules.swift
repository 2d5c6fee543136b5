private import HTTPMessages

extension StringProtocol {
    /// Whether it has a C0 control character or DEL: what no field of a form can be meant to hold.
    var hasControlCharacters: Bool { unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }

    /// Whether it is one or more ASCII digits.
    var isDecimal: Bool {
        !isEmpty && utf8.allSatisfy(HTTPSyntax.isDigit)
    }
}

extension FixedWidthInteger {
    /// The number that a text of digits means; nil for any other text, one with a sign too, which `init(_:)` reads.
    init?(digits text: String) {
        guard text.isDecimal else { return nil }
        self.init(text)
    }
}
