/// What a `DATETIME` or `TIMESTAMP` column holds: a date and a time, and no word of a time zone.
package struct SQLDateTime: Sendable, Hashable {
    /// 0 to 9999, as the month and the day are 0 and more: a server may hold dates that no calendar has.
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let microsecond: Int
    /// How many digits of the fraction the column has, 0 to 6.
    let fractionDigits: Int

    /// `2026-11-21 05:06:07.123456`, as the server writes it.
    package var text: String {
        String(unsafeUninitializedCapacity: SQLDateTime.bytesMax) { buffer in
            var end = 0
            func append(_ separator: UInt8, _ value: Int, digits: Int) {
                buffer[end] = separator
                var rest = value
                for place in (1...digits).reversed() {
                    buffer[end + place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                end += 1 + digits
            }
            // Each number follows its separator; the first has the year's first digit for one.
            append(UInt8(ascii: "0") + UInt8(year / 1000 % 10), year, digits: 3)
            append(UInt8(ascii: "-"), month, digits: 2)
            append(UInt8(ascii: "-"), day, digits: 2)
            append(UInt8(ascii: " "), hour, digits: 2)
            append(UInt8(ascii: ":"), minute, digits: 2)
            append(UInt8(ascii: ":"), second, digits: 2)
            if fractionDigits > 0 {
                let fraction = (fractionDigits..<6).reduce(microsecond) { rest, _ in rest / 10 }
                append(UInt8(ascii: "."), fraction, digits: fractionDigits)
            }
            return end
        }
    }

    private static let bytesMax = 26
}
