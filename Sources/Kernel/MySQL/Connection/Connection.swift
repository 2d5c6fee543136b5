private import CMySQL
internal import Concurrency
private import Glibc
internal import Resilience

/// One connection to the server.
///
/// `@unchecked Sendable`: the C library's connection may move between threads but not be used by two at once, and the
/// pool lends it to one caller at a time.
final class Connection: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<MYSQL>
    /// Its place among the configured hosts.
    let host: Int
    /// Bound by whoever uses the connection.
    let socket: WatchedSocket
    private let resultRowsMax: Int
    private var statements: StatementCache
    /// What it is lent for.
    var use = ConnectionUse.keyed
    /// How its statements take effect.
    private(set) var mode = ConnectionMode.each
    /// When the pool got it back.
    var idleSinceUptimeNanoseconds: UInt64 = 0
    /// When the pool lent it.
    var lentAtUptimeNanoseconds: UInt64 = 0

    /// Longer statements are refused before they are sent; MariaDB's default for the same limit.
    private static let packetBytesMax: UInt = 16 * 1024 * 1024

    /// Connects and sets the session up.
    ///
    /// - Parameters:
    ///   - host: the place of one of the configured hosts.
    ///   - schema: nil connects without one.
    ///   - deadline: shortens the time for connecting, to no less than the second that the library can express.
    /// - Throws: `unavailable` when it cannot connect, for whatever reason, wrong credentials included, or when the server serves
    ///   nobody: it is outside of its cluster's majority, or read-only while there are other hosts.
    init(
        _ configuration: DatabaseConfiguration, host: Int = 0, schema: String?, session: SessionSettings,
        by deadline: Deadline
    ) throws(StatementFailure) {
        guard ClientLibrary.attachThread(), let handle = mysql_init(nil) else {
            throw StatementFailure(.unavailable("The client library is out of memory."), recovery: .rollBack)
        }
        do throws(StatementFailure) {
            try Connection.connect(handle, configuration, to: configuration.hosts[host], schema: schema, by: deadline)
            guard let socket = WatchedSocket(cmysql_socket(handle)) else {
                throw StatementFailure(
                    .unavailable("The system has no descriptor or thread left."), recovery: .rollBack)
            }
            self.socket = socket
        } catch {
            mysql_close(handle)
            throw error
        }
        self.handle = handle
        self.host = host
        resultRowsMax = configuration.resultRowsMax
        statements = StatementCache(countMax: configuration.statementsCachedMax)
        socket.limit(to: .after(milliseconds: configuration.connectTimeoutSeconds * 1000))
        for statement in session.statements { try command(statement) }
        if try isClusterNode {
            guard try isReadyNode else {
                throw StatementFailure(code: StatementFailure.notReadyCode, message: "The node is not ready.")
            }
            try command(SessionSettings.clusterStatement)
        }
        if configuration.hosts.count > 1, try isReadOnly {
            throw StatementFailure(code: StatementFailure.readOnlyCode, message: "The server is read-only.")
        }
        _ = socket.liftLimit()
        idleSinceUptimeNanoseconds = Deadline.nowUptimeNanoseconds()
    }

    deinit {
        _ = ClientLibrary.attachThread()
        statements.removeAll()
        mysql_close(handle)
    }

    /// Runs a statement that returns rows. One that returns none is refused before it is sent.
    ///
    /// - Parameter comment: has the statement prepared for this one execution.
    func query(_ sql: SQL, _ comment: TraceComment? = nil) throws(StatementFailure) -> [Row] {
        let statement = try execute(sql, comment, expectingRows: true)
        return try statement.rows(max: resultRowsMax)
    }

    /// Runs a statement that returns no rows. One that returns some is refused before it is sent.
    ///
    /// - Parameter comment: has the statement prepared for this one execution.
    func execute(_ sql: SQL, _ comment: TraceComment? = nil) throws(StatementFailure) -> StatementResult {
        let statement = try execute(sql, comment, expectingRows: false)
        return StatementResult(affectedRows: statement.affectedRows, lastInsertID: statement.lastInsertID)
    }

    /// Runs a statement without parameters, in the text protocol; its rows, if any, are thrown away.
    func command(_ text: String) throws(StatementFailure) { _ = try answer(text) }

    /// Runs a statement without parameters, in the text protocol.
    ///
    /// - Returns: a field of its first row; nil for NULL, or without one.
    private func answer(_ text: String, field: Int = 0) throws(StatementFailure) -> String? {
        guard ClientLibrary.attachThread() else { throw failure() }
        var text = text
        let result = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { mysql_real_query(handle, $0.baseAddress, UInt($0.count)) }
        }
        guard result == 0 else { throw failure() }
        let count = Int(mysql_field_count(handle))
        guard count > 0 else { return nil }
        guard let rows = mysql_store_result(handle) else { throw failure() }
        defer { mysql_free_result(rows) }
        guard field < count, let row = mysql_fetch_row(rows), let value = row[field] else { return nil }
        return String(cString: value)
    }

    /// Makes its statements take effect as `mode` says. Nothing may be under way.
    func enter(_ mode: ConnectionMode) throws(StatementFailure) {
        try command(mode.statement)
        self.mode = mode
    }

    /// Whether the server answers.
    func ping() throws(StatementFailure) {
        guard ClientLibrary.attachThread(), mysql_ping(handle) == 0 else { throw failure() }
    }

    /// Whether it is a node of a Galera cluster.
    private var isClusterNode: Bool {
        get throws(StatementFailure) {
            do throws(StatementFailure) { return try answer("SELECT @@SESSION.wsrep_on") == "1" } catch {
                guard error.code == Connection.unknownVariable else { throw error }
                return false
            }
        }
    }

    /// Whether a node serves. One that is outside of the majority lets in, and refuses all that reads a table.
    private var isReadyNode: Bool {
        get throws(StatementFailure) { try answer("SHOW STATUS LIKE 'wsrep_ready'", field: 1) == "ON" }
    }

    private var isReadOnly: Bool {
        // Elsewhere it is a word.
        get throws(StatementFailure) { !["0", "OFF"].contains(try answer("SELECT @@GLOBAL.read_only")) }
    }

    /// What a server without Galera says.
    private static let unknownVariable = 1193

    var statementsCached: Int { statements.count }

    private func execute(
        _ sql: SQL, _ comment: TraceComment?, expectingRows: Bool
    ) throws(StatementFailure) -> PreparedStatement {
        guard ClientLibrary.attachThread() else { throw failure() }
        do throws(StatementFailure) { return try executeOnce(sql, comment, expectingRows: expectingRows) } catch {
            switch error.code {
            // The server dropped the statement, say after an ALTER TABLE; nothing was executed.
            case 1243, 1615: statements.remove(sql.text)
            // The library finds another number of columns than before. Only a query has columns, so it can be repeated.
            case 2057: statements.remove(sql.text)
            // The server has no room for more statements of all connections: give back what this one keeps.
            case 1461: statements.removeAll()
            default: throw error
            }
        }
        return try executeOnce(sql, comment, expectingRows: expectingRows)
    }

    private func executeOnce(
        _ sql: SQL, _ comment: TraceComment?, expectingRows: Bool
    ) throws(StatementFailure) -> PreparedStatement {
        let statement = try prepare(sql.text, comment)
        guard statement.parameterCount == sql.values.count else {
            let message = "The statement has \(statement.parameterCount) places for \(sql.values.count) values."
            throw StatementFailure(.statement(code: 0, message: message), recovery: .none)
        }
        guard statement.returnsRows == expectingRows else {
            let message = expectingRows ? "A query must return rows." : "An executed statement must return no rows."
            throw StatementFailure(.statement(code: 0, message: message), recovery: .none)
        }
        // The server refuses these only when some have arrived, and may have closed the connection before that is read.
        guard sql.values.reduce(0, { $0 + UInt($1.contentBytes) }) <= Connection.packetBytesMax else {
            throw StatementFailure(
                .dataTooLong("The values exceed \(Connection.packetBytesMax) bytes."), recovery: .rollBack)
        }
        try statement.execute(sql.values)
        return statement
    }

    private func prepare(_ text: StatementText, _ comment: TraceComment?) throws(StatementFailure) -> PreparedStatement
    {
        if let comment {
            var commented = text
            commented.append(comment.text)
            return try PreparedStatement(commented, on: handle)
        }
        if let statement = statements.find(text) { return statement }
        let statement = try PreparedStatement(text, on: handle)
        statements.insert(statement, for: text)
        return statement
    }

    private static func connect(
        _ handle: UnsafeMutablePointer<MYSQL>, _ configuration: DatabaseConfiguration, to host: DatabaseHost,
        schema: String?, by deadline: Deadline
    ) throws(StatementFailure) {
        guard setOptions(of: handle, configuration, by: deadline) else {
            throw StatementFailure(.unavailable("The client library refuses an option."), recovery: .rollBack)
        }
        let connected = mysql_real_connect(
            handle, configuration.socketPath == nil ? host.name : nil, configuration.username,
            configuration.password, schema, UInt32(clamping: host.port), configuration.socketPath, 0)
        guard connected != nil else {
            throw StatementFailure(
                connectingCode: Int(mysql_errno(handle)), message: String(cString: mysql_error(handle)))
        }
        // MariaDB's connector goes on without TLS when the server has none, even when told that it must.
        guard !configuration.isEncrypted || mysql_get_ssl_cipher(handle) != nil else {
            throw StatementFailure(.untrustedServer("It offers no TLS, which is required"), recovery: .rollBack)
        }
    }

    private static func setOptions(
        of handle: UnsafeMutablePointer<MYSQL>, _ configuration: DatabaseConfiguration, by deadline: Deadline
    ) -> Bool {
        let secondsLeft = max((deadline.remainingMilliseconds + 999) / 1000, 1)
        let connectSeconds = min(configuration.hostConnectSeconds, secondsLeft)
        return cmysql_set_number(handle, MYSQL_OPT_CONNECT_TIMEOUT, UInt32(clamping: connectSeconds))
            && cmysql_set_number(
                handle, MYSQL_OPT_READ_TIMEOUT, UInt32(clamping: configuration.readTimeoutSeconds))
            && cmysql_set_number(
                handle, MYSQL_OPT_WRITE_TIMEOUT, UInt32(clamping: configuration.writeTimeoutSeconds))
            && cmysql_set_text(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
            && cmysql_set_packet_limit(handle, Connection.packetBytesMax)
            // A server that poses as ours must not be able to ask for files of this machine.
            && cmysql_set_number(handle, MYSQL_OPT_LOCAL_INFILE, 0)
            && (configuration.socketPath != nil || cmysql_set_tcp(handle))
            && setEncryption(of: handle, configuration)
    }

    private static func setEncryption(
        of handle: UnsafeMutablePointer<MYSQL>, _ configuration: DatabaseConfiguration
    ) -> Bool {
        configuration.isEncrypted
            ? cmysql_require_tls(handle, configuration.certificateAuthorityPath) : cmysql_allow_public_key(handle)
    }

    private func failure() -> StatementFailure {
        StatementFailure(code: Int(mysql_errno(handle)), message: String(cString: mysql_error(handle)))
    }
}

extension DatabaseConfiguration {
    /// Naming the authorities makes no sense without TLS.
    fileprivate var isEncrypted: Bool { requiresTLS || certificateAuthorityPath != nil }
}
