import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(arguments: [
        "2", "2.0", "2.000", "2e0", "2E0", "2e+0", "2e-0", "0.2e1", "20e-1", "0.0002e4", "200e-2", "2e00",
    ])
    func `all spellings of a whole number are one value`(text: String) throws {
        #expect(try parsed(text) == .integer(2))
    }

    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "0e999999999999999999999999", "0.000e-99999999999999999999",
    ])
    func `zero has no sign and no exponent`(text: String) throws {
        #expect(try parsed(text) == .integer(0))
    }

    @Test(arguments: [
        "01", "-01", "00", "-00", "0123", "01.5", "1.", "-", "-a", "1e", "1e+", "1E-", "1.e5", ".", "-.5", "1.e", "--1",
    ])
    func `a malformed number is refused`(text: String) {
        let reason = refusal(text)
        #expect(reason == .invalidNumber || (text == "." && reason == .unexpectedCharacter))
    }

    @Test(arguments: ["0x10", "1_000", "1e5.5", "1-2", "1,000", "1f"]) func `nothing may hang on a number`(text: String)
    {
        #expect(refusal(text) == .trailingCharacters)
    }

    @Test func `64 bits are integers to the last one`() throws {
        #expect(try parsed("9223372036854775807") == .integer(.max))
        #expect(try parsed("-9223372036854775808") == .integer(.min))
        #expect(try parsed("9223372036854775807.0") == .integer(.max))
        #expect(try parsed("-922337203685477580.8e1") == .integer(.min))
        #expect(try parsed("1e18") == .integer(1_000_000_000_000_000_000))
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "9223372036854775808.0", "1e19", "1e400", "-1e400",
        "1e99999999999999999999999999",
    ])
    func `what 64 bits do not hold stays as it was written`(text: String) throws {
        #expect(try parsed(text) == .decimal(text))
    }

    @Test(arguments: ["0.5", "-1.5", "1e-1", "123.456e1", "1e-400", "1e-99999999999999999999999999"])
    func `a number with a fractional part stays as it was written`(text: String) throws {
        #expect(try parsed(text) == .decimal(text))
    }

    @Test(arguments: [
        "2.00000000000000000001", "1.99999999999999999999", "9007199254740992.5", "0.99999999999999999999999999",
        "4611686018427387904.25", "1e-350",
    ])
    func `a number is never rounded to a whole one`(text: String) throws {
        #expect(try parsed(text) == .decimal(text))
    }

    @Test func `whole numbers beyond a double's reach are exact in any spelling`() throws {
        #expect(try parsed("9007199254740993.0") == .integer(9_007_199_254_740_993))
        #expect(try parsed("900719925474099.3e1") == .integer(9_007_199_254_740_993))
    }

    @Test func `a number of a million digits is read in time`() throws {
        let text = String(repeating: "9", count: 1_000_000)
        #expect(try parsed(text) == .decimal(text))
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try parsed("0." + text + "e1000000").canonical }
        #expect(time < .seconds(5))
    }
}
