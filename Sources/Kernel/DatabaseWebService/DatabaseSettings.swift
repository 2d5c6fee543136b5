package import MySQL
package import Settings

extension DatabaseConfiguration {
    /// The kernel holds a Unix socket's path in 108 bytes, the last of which ends it.
    private static let socketPathBytesMax = 107

    /// What every service with a database reads from its environment.
    ///
    /// - Parameter nameDefault: the schema, where `DB_NAME` does not say. Services may share one schema.
    package init(_ reader: inout EnvironmentReader, nameDefault: String) {
        self.init(
            hosts: DatabaseConfiguration.hosts(&reader),
            username: reader.text("DB_USERNAME", default: "root", "User to log in as."),
            password: reader.secret("DB_PASSWORD", "That user's password.")?.revealed ?? "",
            database: reader.text("DB_NAME", default: nameDefault, "Schema to use; `migrate` creates it if need be."),
            socketPath: reader.optionalText(
                "DB_SOCKET", "Unix socket of a database on this machine, in place of DB_HOST and DB_PORT."),
            connectionsMax: reader.integer(
                "DB_CONNECTIONS_MAX", default: 8, in: 1...64,
                "Connections of the pool. Throughput peaks at 8 to 32 in all; more make it worse."),
            requiresTLS: reader.flag("DB_TLS", default: false, "Whether to insist on an encrypted connection."),
            certificateAuthorityPath: reader.readableFile(
                "DB_TLS_CA",
                "PEM file of the authorities that must vouch for the database's certificate and host name; implies DB_TLS."
            ),
            traceComments: reader.choice(
                "DB_TRACE_COMMENTS", default: "off",
                among: ["off": .none, "transactions": .transactionEnds, "all": .all], or: .none,
                "Which statements of recorded traces name theirs in a comment: off, transactions (their ends, at no cost), all (one "
                    + "round trip more for each statement)."))
        rejectContradictions(&reader)
    }

    /// 8: more than a cluster has nodes.
    private static let hostsMax = 8

    /// - Returns: at least one.
    private static func hosts(_ reader: inout EnvironmentReader) -> [DatabaseHost] {
        let text = reader.text(
            "DB_HOST", default: "127.0.0.1",
            "Host of the MySQL-compatible database; or several that hold the same data, as a,b:3307, of which the first that "
                + "serves is used.")
        let port = reader.integer(
            "DB_PORT", default: 3306, in: 1...65535, "The port of each host that is given without one.")
        var hosts: [DatabaseHost] = []
        for entry in EnvironmentReader.entries(text, keepingEmpty: true) {
            if let host = DatabaseHost(entry, portDefault: port) {
                if hosts.contains(host) { reader.reject("DB_HOST", "names \(host) twice") }
                hosts.append(host)
            } else {
                reader.reject("DB_HOST", "must be a list of host or host:port, which \"\(entry)\" is not")
            }
        }
        if hosts.count > hostsMax { reader.reject("DB_HOST", "may name at most \(hostsMax) hosts") }
        return hosts.isEmpty ? [DatabaseHost("127.0.0.1", port: port)] : hosts
    }

    private func rejectContradictions(_ reader: inout EnvironmentReader) {
        if reader.isSet("DB_TLS_CA"), reader.isSet("DB_TLS"), !requiresTLS {
            reader.reject("DB_TLS_CA", "asks for TLS and DB_TLS forbids it; leave one out")
        }
        guard let socketPath else { return }
        for name in ["DB_HOST", "DB_PORT"] where reader.isSet(name) {
            reader.reject("DB_SOCKET", "and \(name) are both set; set one")
        }
        if requiresTLS || certificateAuthorityPath != nil {
            reader.reject(
                "DB_SOCKET", "names a socket of this machine, where there is no host to verify; leave out TLS")
        }
        if socketPath.utf8.count > DatabaseConfiguration.socketPathBytesMax {
            reader.reject(
                "DB_SOCKET", "is longer than the \(DatabaseConfiguration.socketPathBytesMax) bytes of a socket's path")
        }
    }
}
