// What a word is, in a text and in a search.
import BlockingTesting
import HTTPMessages
import Testing
import WebApplication

@testable import WordSearch

@Suite(.blocking) struct SearchWordsTests {
    @Test(arguments: [
        ("Ana Torres", ["Ana", "Torres"]), ("  Ana\u{A0}\u{2003}Ana ", ["Ana"]), ("O'Brien", ["O", "OBrien", "Brien"]),
        ("Jean-Luc", ["Jean", "JeanLuc", "Luc"]), ("a.b.c", ["a", "abc", "b", "bc", "c"]), ("% _ | -- 'x'", ["x"]),
        ("", []), ("—", []), ("Peña 2º", ["Peña", "2º"]), ("e\u{301}té", ["e\u{301}té"]), ("\u{301}a", ["a"]),
        ("山田 太郎", ["山田", "太郎"]), ("😀ok😀", ["ok"]),
    ])
    func `a text has its runs, and what follows them within a compound`(text: String, words: [String]) {
        #expect(SearchWords(texts: [text], codes: []).words == words)
    }

    @Test(arguments: [
        (
            "ana.paz@example.com",
            ["ana", "anapazexamplecom", "paz", "pazexamplecom", "example", "examplecom", "com"]
        ), ("+593 99 123", ["593", "59399123", "99", "99123", "123"]), ("SKU-01", ["SKU", "SKU01", "01"]),
    ])
    func `blanks do not end a code`(code: String, words: [String]) {
        #expect(SearchWords(texts: [], codes: [code]).words == words)
    }

    @Test func `a word has at most 64 letters, and a text no more words than it has letters`() {
        let long = String(repeating: "x", count: 300)
        #expect(SearchWords(texts: [long], codes: []).words == [String(repeating: "x", count: 64)])
        let hyphenated = Array(repeating: "ab", count: 85).joined(separator: "-")
        let words = SearchWords(texts: [], codes: [hyphenated]).words
        #expect(words.count <= hyphenated.count)
        #expect(words.allSatisfy { $0.unicodeScalars.count <= 64 })
    }

    @Test func `each term of a search is one word`() throws {
        #expect(try SearchText(" Ana  torres ").words.map(\.text) == ["Ana", "torres"])
        #expect(try SearchText("ana.paz@ex").words.map(\.text) == ["anapazex"])
        #expect(
            try SearchText("a an ana 1 12 123").words.map(\.isBeginning) == [false, false, true, false, false, true])
    }

    @Test func `a search needs a word, and has eight at most`() {
        #expect(throws: SearchText.Mistake.noWord) { try SearchText("% _ —") }
        #expect(throws: Never.self) { try SearchText("1 2 3 4 5 6 7 8") }
        #expect(throws: SearchText.Mistake.tooManyWords) { try SearchText("1 2 3 4 5 6 7 8 9") }
        for (text, code) in [("%25", "search format"), ("1+2+3+4+5+6+7+8+9", "search too-many")] {
            var query = QueryReader(Request(.get, "/?search=\(text)"))
            #expect(query.search() == nil)
            #expect {
                try query.finish()
            } throws: { error in
                (error as? Problem)?.violations.map { "\($0.pointer) \($0.code)" } == [code]
            }
        }
    }
}
