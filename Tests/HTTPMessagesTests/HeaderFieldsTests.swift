import HTTPMessages
import Testing

@Suite struct HeaderFieldsTests {
    @Test func `names are compared without regard to case and values are not`() {
        let headers: HeaderFields = ["Content-Type": "Text/Plain"]
        #expect(headers["content-type"] == "Text/Plain")
        #expect(headers["CONTENT-TYPE"] == "Text/Plain")
        #expect(headers["Content-Typ"] == nil)
        #expect(headers["Content_Type"] == nil)
    }

    @Test func `only letters have a case`() {
        let headers: HeaderFields = ["X-[": "1", "X-É": "2"]
        #expect(headers["X-{"] == nil)
        #expect(headers["x-["] == "1")
        #expect(headers["x-é"] == nil)
    }

    @Test func `the first of several is given and all of them in order`() {
        var headers: HeaderFields = ["A": "1", "B": "x"]
        headers.append("a", "2")
        #expect(headers["A"] == "1")
        #expect(headers.values(of: "A") == ["1", "2"])
        #expect(headers.values(of: "C") == [])
        #expect(headers.fields.map(\.name) == ["A", "B", "a"])
    }

    @Test func `setting replaces every field of the name and nil removes them`() {
        var headers: HeaderFields = ["A": "1", "a": "2", "B": "x"]
        headers["a"] = "3"
        #expect(headers.values(of: "A") == ["3"])
        headers["A"] = nil
        #expect(headers == ["B": "x"])
    }
}
