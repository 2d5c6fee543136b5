/// The exact value of a JSON number: whole digits times a power of ten. A double would round it, and so would turn
/// `1.99999999999999999999` into the number of pieces that somebody orders.
struct ExactNumber {
    /// Exponents beyond are not computed with: no number of this product comes near, and sums of two cannot overflow.
    private static let exponentMagnitudeMax = 1_000_000_000

    private let isNegative: Bool
    /// Without zeros at either end; empty for zero.
    private let digits: ArraySlice<UInt8>
    private let exponent: Int

    /// Nil where the exponent is too large to compute with.
    ///
    /// - Precondition: `text` is a number as RFC 8259 section 6 writes it.
    init?(_ text: String) {
        let parts = text.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let significand = parts[0].split(separator: UInt8(ascii: "."))
        let whole = significand[0].drop { $0 == UInt8(ascii: "-") }
        let fraction = significand.count > 1 ? significand[1] : Substring().utf8
        var digits = (Array(whole) + Array(fraction)).drop { $0 == UInt8(ascii: "0") }
        let digitCount = digits.count
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        isNegative = text.utf8.first == UInt8(ascii: "-")
        self.digits = digits
        guard !digits.isEmpty else {
            exponent = 0
            return
        }
        guard let written = parts.count > 1 ? Int(Substring(parts[1])) : 0,
            written.magnitude <= ExactNumber.exponentMagnitudeMax
        else { return nil }
        exponent = written - fraction.count + (digitCount - digits.count)
    }

    /// Nil for a number with a fractional part and for one that 64 bits do not hold.
    var integer: Int64? {
        guard !digits.isEmpty else { return 0 }
        guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: exponent)
        return Int64(sign + String(decoding: digits + zeros, as: UTF8.self))
    }

    /// The one spelling that all spellings of the number share; a JSON number, too.
    var canonicalText: String {
        digits.isEmpty ? "0" : "\(sign)\(String(decoding: digits, as: UTF8.self))e\(exponent)"
    }

    private var sign: String { isNegative ? "-" : "" }
}
