// Every type of value goes to a real server and comes back the same, whatever it looks like.
import BlockingTesting
import Concurrency
import DatabaseTesting
import MySQL
import Testing

@Suite(.blocking) struct BindingTests {
    private let schema: TestSchema
    private let database: Database

    init() throws {
        schema = try TestDatabase.makeSchema()
        database = Database(schema.configuration)
    }

    @Test func `text of any kind comes back unchanged`() throws {
        let texts = [
            "", " ", "plain", "naïve 🧾👩🏽‍🚀 日本", "'; DROP TABLE customers; --", "\" OR 1=1 #", "\\", "a\0b", "?", "`",
            String(repeating: "é", count: 255), String(repeating: "x", count: 513),
            String(repeating: "😀", count: 50_000),
        ]
        for text in texts {
            let row = try first("SELECT \(text) AS text, CHAR_LENGTH(\(text)) AS characters")
            #expect(try row.string("text") == text)
            #expect(try row.int("characters") == text.unicodeScalars.count)
        }
    }

    @Test func `whole numbers keep all their bits`() throws {
        for number in [Int64.min, -1, 0, 1, 1 << 53 + 1, .max] {
            #expect(try first("SELECT \(number) AS number").int64("number") == number)
        }
        for number in [UInt64.min, 1 << 63, .max] {
            #expect(try first("SELECT \(number) AS number").uint64("number") == number)
        }
        #expect(try first("SELECT \(42)").int(0) == 42)
        #expect(try first("SELECT \(0.1 + 0.2)").double(0) == 0.1 + 0.2)
        #expect(try first("SELECT \(true), \(false)").bool(0))
    }

    @Test func `columns of every type come back as they were stored`() throws {
        try run(
            """
            CREATE TABLE kinds (
                tiny TINYINT, small SMALLINT UNSIGNED, middle MEDIUMINT, whole INT, big BIGINT, huge BIGINT UNSIGNED,
                truth BOOLEAN, real4 FLOAT, real8 DOUBLE, cents DECIMAL(20, 4), year YEAR, day DATE, moment DATETIME(6),
                word VARCHAR(40), code CHAR(3) CHARACTER SET ascii COLLATE ascii_bin, novel MEDIUMTEXT,
                digest BINARY(4), raw VARBINARY(9), body MEDIUMBLOB, choice ENUM('a', 'b'), nothing INT
            ) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
            """)
        let blob = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let novel = String(repeating: "Ünïcødé 📚 ", count: 10_000)
        try run(
            """
            INSERT INTO kinds VALUES (\(-128), \(65_535), \(-8_388_608), \(2_147_483_647), \(Int64.min), \(UInt64.max),
                \(true), \(0.5), \(1e300), \("-1234567890123456.7891"), \(2026), \("2026-11-21"),
                \("2026-11-21 05:06:07.123456"), \("wörd"), \("abc"), \(novel), \([0, 255, 0, 128] as [UInt8]),
                \([] as [UInt8]), \(blob), \("b"), \(nil as Int?))
            """)
        let row = try first("SELECT * FROM kinds")
        #expect(try row.int("tiny") == -128)
        #expect(try row.int("small") == 65_535)
        #expect(try row.int("middle") == -8_388_608)
        #expect(try row.int("whole") == 2_147_483_647)
        #expect(try row.int64("big") == .min)
        #expect(try row.uint64("huge") == .max)
        #expect(throws: DatabaseError.decoding("column huge is not a 64-bit integer")) { try row.int64("huge") }
        #expect(try row.bool("truth"))
        #expect(try row.double("real4") == 0.5)
        #expect(try row.double("real8") == 1e300)
        #expect(try row.string("cents") == "-1234567890123456.7891")
        #expect(try row.int("year") == 2026)
        #expect(try row.string("day") == "2026-11-21")
        #expect(try row.string("moment") == "2026-11-21 05:06:07.123456")
        #expect(try row.string("word") == "wörd")
        #expect(try row.string("code") == "abc")
        #expect(try row.string("novel") == novel)
        #expect(try row.bytes("digest") == [0, 255, 0, 128])
        #expect(try row.bytes("raw") == [])
        #expect(try row.bytes("body") == blob)
        #expect(try row.string("choice") == "b")
        #expect(try row.optionalInt("nothing") == nil)
    }

    @Test func `dates and times are read as the server writes them`() throws {
        try run("CREATE TABLE times (a DATETIME, b DATETIME(1), c DATETIME(3), d DATETIME(6), e TIMESTAMP(6) NULL)")
        for text in [
            "2026-11-21 05:06:07.123456", "2026-02-28 00:00:00", "1970-01-02 23:59:59.000001",
            "2037-12-31 10:20:30.900000",
        ] {
            try run("DELETE FROM times")
            try run("INSERT INTO times VALUES (\(text), \(text), \(text), \(text), \(text))")
            let row = try first(
                """
                SELECT a, b, c, d, e, MAX(d) AS f, COALESCE(d, UTC_TIMESTAMP(6)) AS g, CAST(a AS CHAR), CAST(b AS CHAR),
                    CAST(c AS CHAR), CAST(d AS CHAR), CAST(e AS CHAR), CAST(d AS CHAR), CAST(d AS CHAR)
                FROM times GROUP BY a, b, c, d, e
                """)
            for column in 0..<7 {
                #expect(try row.string(.position(column)) == row.string(.position(column + 7)))
                #expect(try row.dateTime(.position(column)).text == row.string(.position(column + 7)))
            }
            #expect(try row.dateTime("d").microsecond == Int(text.dropFirst(20)) ?? 0)
        }
        for text in ["0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"] {
            let row = try first("SELECT CAST(\(text) AS DATETIME(6)) AS moment, NULL AS never, \("x") AS word")
            #expect(try row.string("moment") == text)
            #expect(throws: DatabaseError.decoding("column never is NULL")) { try row.dateTime("never") }
            #expect(throws: DatabaseError.decoding("column word is not a date and a time")) { try row.dateTime("word") }
        }
    }

    @Test func `long values are whole in every row of a result`() throws {
        try run("CREATE TABLE notes (id INT PRIMARY KEY, body MEDIUMTEXT) CHARACTER SET utf8mb4")
        let lengths = [0, 511, 512, 513, 70_000, 3, 200_000, 1]
        for (id, length) in lengths.enumerated() {
            try run("INSERT INTO notes VALUES (\(id), \(String(repeating: "n", count: length)))")
        }
        let found = try database.read(by: soon) { (session) throws(DatabaseError) in
            try session.query("SELECT body, id FROM notes ORDER BY id") { (row) throws(DatabaseError) in
                try row.string("body").utf8.count
            }
        }
        #expect(found == lengths)
    }

    @Test func `what looks like SQL stays a value`() throws {
        try run("CREATE TABLE customers (name VARCHAR(200)) CHARACTER SET utf8mb4")
        let attack = "x'); DROP TABLE customers; -- ? \\' \" `"
        try run("INSERT INTO customers VALUES (\(attack))")
        #expect(try first("SELECT COUNT(*) FROM customers WHERE name = \(attack)").int(0) == 1)
        #expect(try first("SELECT COUNT(*) FROM customers WHERE name = \("x' OR '1'='1")").int(0) == 0)
    }

    @Test func `a list becomes as many values, and an empty one finds nothing`() throws {
        try run("CREATE TABLE items (id BIGINT PRIMARY KEY)")
        for id in 1...9 { try run("INSERT INTO items VALUES (\(id))") }
        func count(_ ids: [Int64]) throws -> Int {
            try first("SELECT COUNT(*) FROM items WHERE id IN \(list: ids)").int(0)
        }
        #expect(try count([]) == 0)
        #expect(try count([3]) == 1)
        #expect(try count([3, 5, 99]) == 2)
        #expect(try count(Array(1...9)) == 9)
        #expect(try count(Array(1...100)) == 9)
    }

    @Test func `statements are composed of parts with their values`() throws {
        var sql: SQL = "SELECT \(1) AS a"
        sql += ", \("two") AS b"
        sql.append(", \(nil as String?) AS c")
        let order: SQL = " ORDER BY 1 \(literal: "DESC")"
        let row = try first(sql + order)
        #expect(try row.int("a") == 1)
        #expect(try row.string("b") == "two")
        #expect(try row.optionalString("c") == nil)
        #expect((sql + order).text.description == "SELECT ? AS a, ? AS b, ? AS c ORDER BY 1 DESC")
    }

    @Test func `a prepared statement follows a table that is altered`() throws {
        try run("CREATE TABLE shapes (a INT, b VARCHAR(9)) CHARACTER SET utf8mb4")
        try run("INSERT INTO shapes VALUES (1, 'two')")
        #expect(try first("SELECT * FROM shapes").columnNames == ["a", "b"])
        try run("ALTER TABLE shapes ADD COLUMN c INT NOT NULL DEFAULT 3")
        #expect(try first("SELECT * FROM shapes").int("c") == 3)
        try run("ALTER TABLE shapes MODIFY COLUMN a VARCHAR(20)")
        #expect(try first("SELECT * FROM shapes").string("a") == "1")
    }

    @Test func `names known at run time are letters, digits, underscore and dollar`() {
        #expect(SQLIdentifier("orders_2026$") != nil)
        for name in ["", "a b", "a`b", "a.b", "ä", "a;b", String(repeating: "x", count: 65)] {
            #expect(SQLIdentifier(name) == nil)
        }
    }

    private func first(_ sql: SQL) throws -> Row {
        let rows = try database.read(by: soon) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query(sql)
        }
        return try #require(rows.first)
    }

    private func run(_ sql: SQL) throws {
        _ = try database.transaction(by: soon) { (transaction) throws(DatabaseError) in try transaction.execute(sql) }
    }

    private var soon: Deadline { .after(milliseconds: 30_000) }
}
