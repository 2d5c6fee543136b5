import HTTPMessages
import Telemetry
import Testing
import WebApplication

@Suite struct QueryReaderTests {
    private enum Color: String, CaseIterable {
        case red, green
    }

    private func reader(_ query: String) -> QueryReader { QueryReader(Request(.get, "/list?\(query)")) }

    private func violations(_ reader: QueryReader) -> [String] {
        do throws(Problem) {
            try reader.finish()
            return []
        } catch {
            return error.violations.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func `parameters are read by their kind`() {
        var reader = reader(
            "text=a+b%C3%A9&flag=true&off=false&number=7&time=2026-11-21T05:06:07Z&color=green&cursor=abc")
        #expect(reader.text("text", length: 1...9) == "a bé")
        #expect(reader.boolean("flag") == true)
        #expect(reader.boolean("off") == false)
        #expect(reader.integer("number", in: 1...9) == 7)
        #expect(reader.timestamp("time") == Timestamp("2026-11-21T05:06:07Z"))
        #expect(reader.choice("color", Color.self) == .green)
        #expect(reader.cursor() == "abc")
        #expect(violations(reader) == [])
    }

    @Test(arguments: ["", "&&", "other=1", "text"]) func `what is absent is nil and no violation`(query: String) {
        var reader = reader(query)
        #expect(reader.text("absent", length: 1...9) == nil)
        #expect(reader.boolean("absent") == nil)
        #expect(reader.integer("absent", in: 1...9) == nil)
        #expect(reader.timestamp("absent") == nil)
        #expect(reader.choice("absent", Color.self) == nil)
        #expect(reader.cursor() == nil)
        #expect(violations(reader) == [])
    }

    @Test func `a request without a query has no parameters`() {
        var reader = QueryReader(Request(.get, "/list"))
        #expect(reader.text("a", length: 0...9) == nil)
        #expect(violations(reader) == [])
    }

    @Test func `each violation has its code and all are told at once`() {
        var reader = reader(
            "long=abcd&short=&control=a%00&flag=yes&number=10&word=x&time=yesterday&color=blue&twice=1&twice=1&bad=%ZZ")
        _ = reader.text("long", length: 1...3)
        _ = reader.text("short", length: 1...3)
        _ = reader.text("control", length: 1...3)
        _ = reader.boolean("flag")
        _ = reader.integer("number", in: 1...9)
        _ = reader.integer("word", in: 1...9)
        _ = reader.timestamp("time")
        _ = reader.choice("color", Color.self)
        reader.reject("own", "range", "Own.")
        #expect(
            violations(reader) == [
                "twice format", "bad format", "long length", "short length", "control control-character", "flag format",
                "number range", "word range", "time format", "color unknown-value", "own range",
            ])
    }

    @Test(arguments: ["TRUE", "1", "", "true "]) func `a boolean is true or false in lower case`(value: String) {
        var reader = reader("flag=\(PercentEncoding.encode(value))")
        #expect(reader.boolean("flag") == nil)
        #expect(violations(reader) == ["flag format"])
    }

    @Test func `a choice is its word and no other case of it`() {
        var reader = reader("color=Green")
        #expect(reader.choice("color", Color.self) == nil)
        #expect(violations(reader) == ["color unknown-value"])
    }

    @Test(arguments: [
        "2026-11-21T05:06:07", "2026-11-21+05:06:07", "2026-11-21+05:06:07Z", "2026-11-21T05:06:07++02:00",
        "2026-11-21T05:06:07Z+", "+2026-11-21T05:06:07Z", "2026-11-21T05:06:07+02", "0000-01-01T00:00:00%2B01:00",
        "9999-12-31T23:59:59-01:00",
    ])
    func `a time that cannot be told is a violation`(value: String) {
        var reader = reader("from=\(value)")
        #expect(reader.timestamp("from") == nil)
        #expect(violations(reader) == ["from format"])
    }

    @Test(arguments: ["%2B02:00", "+02:00", "%2B0200", "+0200", "%200200"])
    func `an offset is read with its sign escaped or not, with its colon or not`(offset: String) {
        var reader = reader("from=2026-11-21T05:06:07\(offset)")
        #expect(reader.timestamp("from")?.rfc3339 == "2026-11-21T03:06:07.000000Z")
        #expect(violations(reader) == [])
    }

    @Test func `a number has at most 64 digits, zeros in front among them`() {
        let zeros = String(repeating: "0", count: 63)
        var reader = reader("a=\(zeros)7&b=0\(zeros)7&c=\(zeros)7&d=0\(zeros)7&e=\(String(repeating: "9", count: 64))")
        #expect(reader.integer("a", in: 1...9) == 7)
        #expect(reader.integer("b", in: 1...9) == nil)
        #expect(reader.integer("c", from: 1, cappedAt: 9) == 7)
        #expect(reader.integer("d", from: 1, cappedAt: 9) == nil)
        #expect(reader.integer("e", from: 1, cappedAt: 9) == 9)
        #expect(violations(reader) == ["b length", "d length"])
    }

    @Test func `a name with a combining mark behind it is another name`() {
        var reader = reader("flag=true&flag\u{301}=false&cursor\u{301}=x&\u{E9}=1&e\u{301}=2")
        #expect(reader.boolean("flag") == true)
        #expect(reader.cursor() == nil)
        #expect(violations(reader) == [])
    }

    @Test func `an equals sign belongs to the value`() {
        var reader = reader("text=a=b")
        #expect(reader.text("text", length: 1...9) == "a=b")
    }
}
