import SeededRandom
import Telemetry
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_795_237_567_123_456, "2026-11-21T05:06:07.123456Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `a moment has one text for people and one for the database`(microseconds: Int64, text: String) {
        let timestamp = Timestamp(microsecondsSince1970: microseconds)
        #expect(timestamp.rfc3339 == text)
        #expect(timestamp.databaseText == text.replacing("T", with: " ").dropLast())
        #expect(Timestamp(text) == timestamp)
        #expect(Timestamp(timestamp.databaseText) == timestamp)
    }

    @Test(arguments: [
        "2026-11-21T05:06:07Z", "2026-11-21t05:06:07z", "2026-11-21 05:06:07", "2026-11-21 05:06:07Z",
        "2026-11-21T07:06:07+02:00", "2026-11-20T23:36:07-05:30", "2026-11-22T05:05:07+23:59",
        "2026-11-21T05:06:07-00:00",
        "2026-11-21T05:06:07.0Z", "2026-11-21 05:06:07.000000",
    ])
    func `all spellings of a moment are one value`(text: String) {
        #expect(Timestamp(text)?.rfc3339 == "2026-11-21T05:06:07.000000Z")
    }

    @Test func `a fraction has one to six digits`() {
        for (digits, microseconds) in [("1", 100_000), ("12", 120_000), ("000001", 1), ("123456", 123_456)] {
            #expect(Timestamp("1970-01-01T00:00:00.\(digits)Z")?.microsecondsSince1970 == Int64(microseconds))
        }
        #expect(Timestamp("1970-01-01T00:00:00.Z") == nil)
        #expect(Timestamp("1970-01-01T00:00:00.1234567Z") == nil)
    }

    @Test(arguments: [
        ("2024-02-29", true), ("2023-02-29", false), ("2000-02-29", true), ("1900-02-29", false), ("2100-02-29", false),
        ("2400-02-29", true), ("2023-04-31", false), ("2023-04-30", true), ("2023-13-01", false), ("2023-00-10", false),
        ("2023-01-00", false), ("2023-01-32", false), ("2023-12-31", true), ("0000-02-29", true),
    ])
    func `a date is read if the calendar has it`(date: String, isDate: Bool) {
        #expect((Timestamp("\(date)T00:00:00Z") != nil) == isDate)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T05:06", "2026-11-21T05:06Z", "2026-11-21T05:06:07",
        "2026-11-21T05:06:07.5",
        "2026-11-21T24:00:00Z", "2026-11-21T23:60:00Z", "2026-11-21T23:59:60Z", "2026-11-21T05:06:07+24:00",
        "2026-11-21T05:06:07+02:60", "2026-11-21T05:06:07+0260", "2026-11-21T05:06:07+2400", "2026-11-21T05:06:07+02",
        "2026-11-21T05:06:07+020", "2026-11-21T05:06:07+02000", "2026-11-21T05:06:07+02::00",
        "2026-11-21T05:06:07 02:00",
        "2026-11-21T05:06:07ZZ", " 2026-11-21T05:06:07Z", "2026-11-21T05:06:07Z ", "2026-1-21T05:06:07Z",
        "26-11-21T05:06:07Z", "+2026-11-21T05:06:07Z", "2026/11/21T05:06:07Z", "2026-11-21_05:06:07Z",
        "2026-11-21T05:06:0aZ", "2026-11-21T05:06:07Z\0", "２０２６-11-21T05:06:07Z", "20261121T050607Z", "1795237567",
        "2026-W47-6T05:06:07Z", "-001-11-21T05:06:07Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [("+0200", "03:06"), ("-0530", "10:36"), ("+0000", "05:06"), ("+2359", "05:07")])
    func `an offset may lack its colon`(offset: String, time: String) {
        let day = offset == "+2359" ? "20" : "21"
        #expect(Timestamp("2026-11-21T05:06:07\(offset)")?.rfc3339 == "2026-11-\(day)T\(time):07.000000Z")
    }

    @Test(arguments: ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
    func `an offset cannot lead out of the years with four digits`(
        text: String
    ) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `a number outside the years with four digits is the nearest moment within`() {
        #expect(Timestamp(microsecondsSince1970: .min).rfc3339 == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microsecondsSince1970: .max).rfc3339 == "9999-12-31T23:59:59.999999Z")
    }

    @Test func `random moments come back from both texts and keep their order in them`() {
        var random = SeededRandom("timestamps")
        for _ in 0..<5000 {
            let range: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999
            let left = Timestamp(microsecondsSince1970: .random(in: range, using: &random))
            let right = Timestamp(microsecondsSince1970: .random(in: range, using: &random))
            #expect(Timestamp(left.rfc3339) == left)
            #expect(Timestamp(left.databaseText) == left)
            #expect((left < right) == (left.rfc3339 < right.rfc3339))
            #expect((left < right) == (left.databaseText < right.databaseText))
        }
    }

    @Test func `random texts are read or refused`() {
        var random = SeededRandom("texts of timestamps")
        let alphabet = Array("0123456789-:TZ .+".utf8)
        for _ in 0..<5000 {
            var bytes = Array("2026-11-21T05:06:07.123456+02:00".utf8)
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = alphabet.randomElement(using: &random) ?? 0
            }
            bytes.removeLast(Int.random(in: 0...12, using: &random))
            if let timestamp = Timestamp(String(decoding: bytes, as: UTF8.self)) {
                #expect(Timestamp(timestamp.rfc3339) == timestamp)
            }
        }
    }

    @Test func `seconds are added`() {
        let timestamp = Timestamp(microsecondsSince1970: 1_500_000)
        #expect(timestamp.adding(seconds: 2).microsecondsSince1970 == 3_500_000)
        #expect(timestamp.adding(seconds: -2).microsecondsSince1970 == -500_000)
    }

    @Test func `now is after the day this was written and moves on`() throws {
        let first = Timestamp.now()
        #expect(first > (try #require(Timestamp("2025-01-01T00:00:00Z"))))
        #expect(Timestamp.now() >= first)
    }

    @Test func `a date and a time that there are not make no moment`() {
        func moment(_ fields: [Int]) -> Timestamp? {
            Timestamp(
                year: fields[0], month: fields[1], day: fields[2], hour: fields[3], minute: fields[4],
                second: fields[5], microsecond: fields[6])
        }
        #expect(moment([2028, 2, 29, 23, 59, 59, 999_999])?.databaseText == "2028-02-29 23:59:59.999999")
        #expect(moment([0, 1, 1, 0, 0, 0, 0])?.databaseText == "0000-01-01 00:00:00.000000")
        for fields in [
            // What a server that allows it holds for no date at all.
            [0, 0, 0, 0, 0, 0, 0], [2026, 2, 29, 0, 0, 0, 0], [2026, 13, 1, 0, 0, 0, 0], [2026, 1, 1, 24, 0, 0, 0],
            [2026, 1, 1, 0, 60, 0, 0], [2026, 1, 1, 0, 0, 60, 0], [2026, 1, 1, 0, 0, 0, 1_000_000],
            [10_000, 1, 1, 0, 0, 0, 0], [-1, 1, 1, 0, 0, 0, 0],
        ] {
            #expect(moment(fields) == nil, "\(fields)")
        }
    }
}
