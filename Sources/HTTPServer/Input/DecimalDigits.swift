extension FixedWidthInteger {
    /// The number that a text of digits means; nil for any other text, one with a sign too, which `init(_:)` reads.
    init?(digits text: String) {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        self.init(text)
    }
}
