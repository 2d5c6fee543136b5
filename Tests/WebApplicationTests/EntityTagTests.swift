import HTTPMessages
import Testing
@testable import WebApplication

/// How `If-Match` and `If-None-Match` are read and compared (RFC 9110 sections 8.8.3 and 13.1).
@Suite struct EntityTagTests {
    private func condition(_ values: String...) throws(Problem) -> EntityTagCondition? {
        var headers = HeaderFields()
        for value in values { headers.append("If-Match", value) }
        return try Request(.patch, "/", headers: headers).ifMatch()
    }

    private func tag(_ text: String, isWeak: Bool = false) -> EntityTag {
        EntityTag(isWeak: isWeak, opaque: Array(text.utf8))
    }

    @Test func `a list may be spread over fields, and have blanks and empty elements`() throws {
        let (a, b) = (tag("a"), tag("b", isWeak: true))
        #expect(try condition() == nil)
        #expect(try condition("\"a\"") == .tags([a]))
        #expect(try condition("\"a\",W/\"b\"") == .tags([a, b]))
        #expect(try condition(" ,\t\"a\" , ,W/\"b\",") == .tags([a, b]))
        #expect(try condition("\"a\"", "W/\"b\"") == .tags([a, b]))
        #expect(try condition(" * ") == .any)
    }

    @Test func `within the quotation marks there are no escapes`() throws {
        #expect(try condition(#""a\","b,c""#) == .tags([tag(#"a\"#), tag("b,c")]))
        #expect(try condition(#""""#) == .tags([tag("")]))
        #expect(try condition(#""é""#) == .tags([tag("é")]))
    }

    @Test(arguments: [
        "", ",", "a", "\"", "\"a", "w/\"a\"", "W/ \"a\"", "\"a b\"", "\"a\"\"b\"", "*,\"a\"", "\"a\",*", "**",
    ])
    func `what is no such list is refused`(value: String) {
        #expect {
            try condition(value)
        } throws: { error in
            (error as? Problem)?.code == "invalid-header"
        }
    }

    @Test func `a reader compares weakly`() {
        let present = EntityTag(version: 7)
        #expect(EntityTagCondition.tags([tag("7", isWeak: true)]).includes(present))
        #expect(EntityTagCondition.tags([tag("6"), tag("7")]).includes(present))
        #expect(!EntityTagCondition.tags([tag("77")]).includes(present))
    }

    @Test func `a version is named by its own strong tag alone`() {
        #expect(EntityTag(version: 7).text == "\"7\"")
        #expect(tag("7").version == 7)
        for text in ["07", "+7", "7 ", "", "x", "9223372036854775808"] { #expect(tag(text).version == nil, "\(text)") }
        #expect(tag("7", isWeak: true).version == nil)
    }
}
