internal import CMySQL

/// One statement prepared on one connection.
///
/// Not for use on two threads at once, like the connection it belongs to.
final class PreparedStatement {
    let parameterCount: Int
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private let connection: UnsafeMutablePointer<MYSQL>
    private let parameters: ParameterBuffers
    /// Nil for a statement that returns no rows.
    private var results: ResultBuffers?

    /// Prepares `text` on the server.
    init(_ text: StatementText, on connection: UnsafeMutablePointer<MYSQL>) throws(StatementFailure) {
        guard let handle = mysql_stmt_init(connection) else {
            throw StatementFailure(.unavailable("The client library is out of memory."), recovery: .rollBack)
        }
        let result = text.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { mysql_stmt_prepare(handle, $0.baseAddress, UInt($0.count)) }
        }
        guard result == 0 else {
            let failure = PreparedStatement.failure(of: handle, on: connection)
            _ = cmysql_stmt_close(handle)
            throw failure
        }
        self.handle = handle
        self.connection = connection
        parameterCount = Int(mysql_stmt_param_count(handle))
        parameters = ParameterBuffers(count: parameterCount)
        describeResult()
    }

    deinit {
        // Its answer says only whether the server was still there to be told.
        _ = cmysql_stmt_close(handle)
    }

    var returnsRows: Bool { results != nil }

    func execute(_ values: [SQLValue]) throws(StatementFailure) {
        guard parameters.bind(values, to: handle), mysql_stmt_execute(handle) == 0 else { throw failure() }
    }

    /// Rows changed: for an UPDATE those whose content differs now, not those that the WHERE met.
    var affectedRows: Int { Int(clamping: mysql_stmt_affected_rows(handle)) }

    var lastInsertID: Int64 { Int64(truncatingIfNeeded: mysql_stmt_insert_id(handle)) }

    /// All rows of the result, which is then over.
    ///
    /// - Throws: also when there are more than `rowsMax`.
    func rows(max rowsMax: Int) throws(StatementFailure) -> [Row] {
        defer { _ = cmysql_stmt_free_result(handle) }
        describeResult()
        guard let results else { return [] }
        guard results.bind(to: handle) else { throw failure() }
        var rows: [Row] = []
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0, MYSQL_DATA_TRUNCATED:
                guard rows.count < rowsMax else {
                    throw StatementFailure(
                        .statement(code: 0, message: "The result has more than \(rowsMax) rows."), recovery: .rollBack)
                }
                guard let row = results.row(of: handle) else { throw failure() }
                rows.append(row)
            case MYSQL_NO_DATA: return rows
            default: throw failure()
            }
        }
    }

    private func failure() -> StatementFailure { PreparedStatement.failure(of: handle, on: connection) }

    /// MariaDB's connector leaves an error that comes between rows with the connection instead of the statement.
    private static func failure(
        of handle: UnsafeMutablePointer<MYSQL_STMT>, on connection: UnsafeMutablePointer<MYSQL>
    ) -> StatementFailure {
        let code = mysql_stmt_errno(handle)
        guard code == 0 else {
            return StatementFailure(code: Int(code), message: String(cString: mysql_stmt_error(handle)))
        }
        return StatementFailure(code: Int(mysql_errno(connection)), message: String(cString: mysql_error(connection)))
    }

    /// Also after each execution, since the columns may differ then: the type of a `?` in the list of columns is that of
    /// the value bound to it, and an ALTER TABLE may have changed a column.
    private func describeResult() {
        guard let metadata = mysql_stmt_result_metadata(handle) else {
            results = nil
            return
        }
        defer { mysql_free_result(metadata) }
        let fields = UnsafeMutableBufferPointer(
            start: mysql_fetch_fields(metadata), count: Int(mysql_num_fields(metadata)))
        if let results, results.fit(fields) { return }
        results = ResultBuffers(fields: fields)
    }
}
