// What a search finds, and that it never reads more than it may.
import BlockingTesting
import Concurrency
import MySQL
import ServiceTesting
import Telemetry
import Testing

@testable import WordSearch

@Suite(.blocking) struct WordIndexTests {
    private let things: Things

    init() throws { things = try Things() }

    @Test func `a search finds what has all its words, newest first`() throws {
        let ids = try things.add("red chair", "red table", "green chair", "chair, red")
        #expect(try things.find("red") == [ids[3], ids[1], ids[0]])
        #expect(try things.find("chair red") == [ids[3], ids[0]])
        #expect(try things.find("red red") == [ids[3], ids[1], ids[0]])
        #expect(try things.find("red chair blue") == [])
        #expect(try things.find("re") == [], "Two letters begin nothing.")
        #expect(try things.find("gre cha") == [ids[2]])
        #expect(try things.find("hair") == [], "It begins no word.")
        #expect(try things.find("red", beforeID: ids[3], limit: 1) == [ids[1]])
        try things.database.change("UPDATE things SET is_active = FALSE WHERE id = \(ids[1])")
        #expect(try things.find("red", isActive: true) == [ids[3], ids[0]])
        #expect(try things.find("red", isActive: false) == [ids[1]])
    }

    @Test(arguments: [
        ("José Peña", "jose pena"), ("jose pena", "JOSÉ PEÑA"), ("Jose\u{301}", "josé"), ("José", "jose\u{301}"),
        ("Große Straße", "grosse strasse"), ("Große Straße", "gross stras"), ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("Ærø", "ærø"), ("Їжак", "їжак"), ("山田太郎", "山田太"), ("𠮷野屋", "𠮷野屋"), ("日本𠮷野屋", "日本𠮷"),
    ])
    func `case and accents do not count`(name: String, search: String) throws {
        let ids = try things.add(name, "another")
        #expect(try things.find(search) == [ids[0]])
    }

    @Test func `a word is one however it is written`() throws {
        let id = try things.add("Café CAFE cafe\u{301} café-bar CAFÉ-BAR")[0]
        #expect(try things.find("cafe") == [id])
        #expect(try things.database.number("SELECT COUNT(*) FROM thing_words") == 3)
    }

    @Test func `a changed row is found by its new words alone`() throws {
        let id = try things.add("Café Uno x-ray")[0]
        try things.rename(id, from: "Café Uno x-ray", to: "cafe dos")
        for (search, ids) in [("cafe", [id]), ("dos", [id]), ("uno", []), ("xray", []), ("ray", [])] {
            #expect(try things.find(search) == ids, "\(search)")
        }
        try things.rename(id, from: "cafe dos", to: "---")
        #expect(try things.database.number("SELECT COUNT(*) FROM thing_words") == 0)
    }

    @Test func `a page is full although rows went and their words stayed`() throws {
        let ids = try things.add("red 1", "red 2", "red 3", "red 4", "red 5")
        try things.database.change("DELETE FROM things WHERE id IN \(list: Array(ids[2...3]))")
        #expect(try things.find("red", limit: 3) == [ids[4], ids[1], ids[0]])
    }

    @Test func `a search waits until the rows from before have their words`() throws {
        try things.database.change("INSERT INTO things (name) SELECT number FROM \(SQL.numbers(below: 250))")
        let new = try things.add("new")
        #expect(throws: ThingError.searchNotReady) { try things.find("new") }
        #expect(try things.backfill.run(by: .after(milliseconds: -1)).isComplete == false)
        let soon = Deadline.after(milliseconds: 20_000)
        let counts = try inParallel(3) { [things] _ in try? things.backfill.run(by: soon).count }
        #expect(counts.compactMap { $0 }.reduce(0, +) == 250, "Each row once, whoever does it.")
        #expect(try things.find("new") == new)
        #expect(try things.find("249") == [250])
        // From then on rows that came behind the service's back make nobody wait.
        try things.database.change("INSERT INTO things (name) VALUES ('imported')")
        #expect(try things.find("imported") == [])
        #expect(try things.backfill.run(by: soon, StopToken { true }).count == 0)
        #expect(try things.backfill.run(by: soon) == (1, new[0] + 1, true))
        #expect(try things.find("imported") == [new[0] + 1])
        try things.database.change("INSERT INTO things (name) VALUES ('later')")
        #expect(things.backfill.worker(Logger(service: "tests", level: .error)).runOnce() != nil)
        #expect(try things.find("later") == [new[0] + 2])
    }

    @Test func `however frequent the words are, a search reads no more than it may`() throws {
        // The first thing alone has all words; then 10,100 have each of left and right.
        try things.database.change(
            """
            INSERT INTO things (name, is_active)
            SELECT CONCAT('common ', IF(number = 0, 'left right rare', IF(number % 2 = 0, 'left', 'right'))), number > 0
            FROM \(SQL.numbers(below: 20_201))
            """)
        #expect(try things.backfill.run(by: .after(milliseconds: 60_000)).count == 20_201)
        try things.add("rarely")
        let newest = Array((20_182...20_201).reversed()).map { Int64($0) }
        #expect(try things.find("common") == newest, "A whole word may be as frequent as it likes.")
        #expect(try things.find("common", beforeID: 5) == [4, 3, 2, 1])
        #expect(try things.find("common", isActive: true) == newest)
        #expect(try things.find("left common") == (0..<20).map { 20_201 - 2 * $0 })
        #expect(try things.find("left right rare") == [1])
        #expect(try things.find("rar left") == [1])
        #expect(try things.find("left right common", beforeID: 20_000) == [1], "They meet within 10,000 entries.")
        for search in ["comm", "lef", "common left righ", "left right", "common left right"] {
            #expect(throws: ThingError.searchTooBroad, "\(search)") { try things.find(search) }
        }
        #expect(throws: ThingError.searchTooBroad) { try things.find("common", isActive: false) }
        for search in ["common", "left common", "left right rare", "common left rar", "rar", "right"] {
            for beforeID in [nil, Int64(20_000), 10_000, 100] {
                let words = search.split(separator: " ").count
                let rowsRead = try things.cost(search, beforeID: beforeID).rowsRead
                // Counting a word's entries as a beginning and as a whole, then the rows of the page.
                #expect(rowsRead <= words * 2 * 10_002 + 2_500, "\(search) below \(beforeID ?? .max)")
            }
        }
    }
}
