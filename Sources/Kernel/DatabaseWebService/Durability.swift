import Concurrency
import MySQL

/// What the database server does with a commit that it has answered, when the machine loses power.
///
/// A killed server process loses nothing either way; the settings matter when the operating system goes down with it.
enum Durability {
    /// The server's settings under which an acknowledged commit may be lost, as sentences for the operator.
    ///
    /// The rules: <https://mariadb.com/kb/en/innodb-system-variables/#innodb_flush_log_at_trx_commit>, and, where
    /// transactions also go to a binary log, <https://dev.mysql.com/doc/refman/8.4/en/replication-options-binary-log.html>.
    static func weaknesses(of database: Database, by deadline: Deadline) throws(DatabaseError) -> [String] {
        try database.read(by: deadline) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst(
                "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin, @@GLOBAL.sync_binlog"
            ) { (row) throws(DatabaseError) in
                var weaknesses: [String] = []
                if try row.int(0) != 1 {
                    weaknesses.append("innodb_flush_log_at_trx_commit is \(try row.int(0)), not 1")
                }
                if try row.int(1) == 1, try row.int(2) != 1 {
                    weaknesses.append("sync_binlog is \(try row.int(2)), not 1, while log_bin is on")
                }
                return weaknesses
            }
        } ?? []
    }
}
