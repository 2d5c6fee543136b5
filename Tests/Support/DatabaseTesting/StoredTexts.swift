private import Concurrency
package import MySQL

extension Database {
    /// All that this schema holds in columns of texts or bytes, a line each: `table.column: value`, in lower case.
    package func storedTexts() throws -> String {
        let columns = try rows(
            """
            SELECT table_name AS of_table, column_name AS of_column FROM information_schema.columns
            WHERE table_schema = DATABASE() AND (data_type LIKE '%char' OR data_type LIKE '%text'
                OR data_type LIKE '%binary' OR data_type LIKE '%blob' OR data_type = 'json')
            """
        ) { (row) throws(DatabaseError) in (try row.string("of_table"), try row.string("of_column")) }
        var lines: [String] = []
        for (tableName, columnName) in columns {
            guard let table = SQLIdentifier(tableName), let column = SQLIdentifier(columnName) else {
                throw TestDatabaseError("\(tableName).\(columnName) cannot be read.")
            }
            let values = try rows("SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL") {
                (row) throws(DatabaseError) in try row.bytes(0)
            }
            lines += values.map { "\(tableName).\(columnName): " + String(decoding: $0, as: UTF8.self).lowercased() }
        }
        return lines.joined(separator: "\n")
    }

    /// The lines of `storedTexts` that hold one of `texts`.
    package func stored(_ texts: [String]) throws -> [String] {
        let lines = try storedTexts().split(separator: "\n").map(String.init)
        return lines.filter { line in texts.contains { line.contains($0.lowercased()) } }
    }

    private func rows<Value>(
        _ sql: SQL, _ read: (Row) throws(DatabaseError) -> Value
    ) throws(DatabaseError) -> [Value] {
        try self.read(by: .after(milliseconds: 60_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in try session.query(sql, read)
        }
    }
}
