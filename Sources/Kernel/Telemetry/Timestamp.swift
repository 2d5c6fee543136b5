private import Glibc

/// A point in time in UTC, to the microsecond: the precision that the database keeps (`DATETIME(6)`).
///
/// In the years 0000 to 9999, which is all that RFC 3339 and the database can write: what lies outside becomes the nearest
/// moment within.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// 0000-01-01T00:00:00Z to the last microsecond of 9999.
    fileprivate static let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    package let microsecondsSince1970: Int64

    package init(microsecondsSince1970: Int64) {
        self.microsecondsSince1970 = min(
            max(microsecondsSince1970, Timestamp.range.lowerBound), Timestamp.range.upperBound)
    }

    /// A moment in UTC.
    ///
    /// - Returns: nil for a date that the calendar does not have, a time that the day does not have, and a leap second.
    package init?(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int
    ) {
        guard 0...9999 ~= year, 1...12 ~= month, 1...31 ~= day, 0..<24 ~= hour, 0..<60 ~= minute, 0..<60 ~= second,
            0..<1_000_000 ~= microsecond
        else { return nil }
        let days = daysSince1970(year: Int64(year), month: Int64(month), day: Int64(day))
        guard civilDate(daysSince1970: days) == (Int64(year), Int64(month), Int64(day)) else { return nil }
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        microsecondsSince1970 = seconds * 1_000_000 + Int64(microsecond)
    }

    /// The wall clock.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microsecondsSince1970: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package func adding(seconds: Int) -> Timestamp {
        Timestamp(microsecondsSince1970: microsecondsSince1970 + Int64(seconds) * 1_000_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microsecondsSince1970 < right.microsecondsSince1970
    }

    /// `2026-11-21T05:06:07.123456Z` (RFC 3339, always UTC with `Z`).
    package var rfc3339: String { text(separator: UInt8(ascii: "T"), suffix: UInt8(ascii: "Z")) }

    /// `2026-11-21 05:06:07.123456`: a literal that MySQL and MariaDB both read; both refuse the `Z`.
    package var databaseText: String { text(separator: UInt8(ascii: " "), suffix: nil) }

    /// Reads both forms above, with or without a fraction of 1 to 6 digits, and RFC 3339 offsets such as `+02:00`, also
    /// without their colon, as many clients write them. Only the form with a blank may do without an offset, and is in UTC then.
    ///
    /// - Returns: nil for anything else, for a date that the calendar does not have, for a leap second, which the database
    ///   does not have, and for a moment that is outside the years 0000 to 9999 in UTC.
    package init?(_ text: some StringProtocol) {
        var reader = TimestampReader(Array(text.utf8))
        guard let microseconds = reader.microsecondsSince1970() else { return nil }
        microsecondsSince1970 = microseconds
    }

    private func text(separator: UInt8, suffix: UInt8?) -> String {
        let seconds = microsecondsSince1970.flooredQuotient(1_000_000)
        let days = seconds.flooredQuotient(86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = civilDate(daysSince1970: days)
        return String(unsafeUninitializedCapacity: Timestamp.bytesMax) { bytes in
            var end = 0
            func append(_ byte: UInt8) {
                bytes[end] = byte
                end += 1
            }
            func append(_ value: Int64, digits: Int) {
                var rest = value
                for place in (end..<end + digits).reversed() {
                    bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                end += digits
            }
            append(year, digits: 4)
            append(UInt8(ascii: "-"))
            append(month, digits: 2)
            append(UInt8(ascii: "-"))
            append(day, digits: 2)
            append(separator)
            append(second / 3600, digits: 2)
            append(UInt8(ascii: ":"))
            append(second / 60 % 60, digits: 2)
            append(UInt8(ascii: ":"))
            append(second % 60, digits: 2)
            append(UInt8(ascii: "."))
            append(microsecondsSince1970 - seconds * 1_000_000, digits: 6)
            if let suffix { append(suffix) }
            return end
        }
    }

    private static let bytesMax = 27
}

/// The Gregorian date of a day, by Howard Hinnant's `civil_from_days`: exact for all years, no time zone database.
private func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

/// The inverse of `civilDate`.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.flooredQuotient(400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}

private struct TimestampReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func microsecondsSince1970() -> Int64? {
        guard let year = number(digits: 4), take("-"), let month = number(digits: 2), take("-"),
            let day = number(digits: 2), let isOffsetNeeded = separator(),
            let hour = number(digits: 2), take(":"), let minute = number(digits: 2), take(":"),
            let second = number(digits: 2), let fraction = fraction(),
            let offset = offsetSeconds(isNeeded: isOffsetNeeded), position == bytes.count,
            let moment = Timestamp(
                year: Int(year), month: Int(month), day: Int(day), hour: Int(hour), minute: Int(minute),
                second: Int(second), microsecond: Int(fraction))
        else { return nil }
        let microseconds = moment.microsecondsSince1970 - offset * 1_000_000
        // An offset can move the first and the last day out of the years that have four digits.
        return Timestamp.range.contains(microseconds) ? microseconds : nil
    }

    /// Whether the time needs an offset after this separator.
    private mutating func separator() -> Bool? {
        if take(" ") { return false }
        return take("T") || take("t") ? true : nil
    }

    private mutating func number(digits: Int) -> Int64? {
        guard position + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] else { return nil }
            value = value * 10 + Int64(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0
        var digits = 0
        while position < bytes.count, digits < 6, let digit = number(digits: 1) {
            value = value * 10 + digit
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in digits..<6 { value *= 10 }
        return value
    }

    private mutating func offsetSeconds(isNeeded: Bool) -> Int64? {
        if take("Z") || take("z") || (!isNeeded && position == bytes.count) { return 0 }
        let isBehind = take("-")
        guard isBehind || take("+"), let hours = number(digits: 2) else { return nil }
        _ = take(":")
        guard let minutes = number(digits: 2), hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    }
}
