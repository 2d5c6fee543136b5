/// Where the database is, and how much of it one process may take.
package struct DatabaseConfiguration: Sendable {
    /// In the order of preference: the first that serves is used. Not empty.
    package var hosts: [DatabaseHost]
    package var username: String
    package var password: String
    /// The schema that statements without a schema name mean.
    package var database: String
    /// A Unix socket to use instead of host and port; about a fifth faster on one machine.
    package var socketPath: String?
    /// Connections of this process. Throughput peaks at 8 to 32 for all processes together and falls beyond.
    package var connectionsMax: Int
    /// How long a caller waits for a connection. After 1 s a "busy, come back" is worth more than a late answer.
    package var acquireTimeoutMilliseconds: Int
    /// How long opening a connection may take, in whole seconds as the client library counts. 2 s allows one lost packet to be
    /// sent again. A caller whose deadline comes earlier does not wait for it. Several hosts share it, with a second each at least.
    package var connectTimeoutSeconds: Int
    /// How long a host that failed is left alone, where there are several; then it is asked in the background whether it serves
    /// again. 5 s: a server that was killed takes as long to recover and to rejoin its cluster, and nobody waits for the answer.
    package var hostPauseMilliseconds: Int
    /// How long the server may be silent within a statement, where no deadline comes earlier. 10 s is a hundred times the slowest statement of a request.
    package var readTimeoutSeconds: Int
    /// How long the server may refuse to take what is sent to it.
    package var writeTimeoutSeconds: Int
    /// How long a statement waits for another transaction's row lock. Transactions last milliseconds; after 2 s the
    /// other one is in trouble and the caller should hear of it.
    package var lockWaitTimeoutSeconds: Int
    /// How long a statement of a list may run in the server. A page takes milliseconds; one that takes 2 s reads what no
    /// index leads to, and others wait for the processor meanwhile.
    package var listTimeoutMilliseconds: Int
    /// Refuses a connection that is not encrypted.
    package var requiresTLS: Bool
    /// A PEM file of the authorities that must vouch for the server's certificate and host name; implies `requiresTLS`.
    /// Without it TLS keeps out listeners, but not someone who poses as the server.
    package var certificateAuthorityPath: String?
    /// Prepared statements that each connection keeps. A service has about twenty; the server allows 16,382 in all.
    package var statementsCachedMax: Int
    /// A connection unused for longer is asked for a sign of life before it is lent. Firewalls forget after minutes.
    package var idlePingSeconds: Int
    /// After how long without a statement the server closes a session, and gives up what it holds; nil leaves it to the server.
    package var sessionIdleTimeoutSeconds: Int?
    /// Rows that one query may return. A page has 50 and a sweep 500: whatever returns more lacks its LIMIT.
    package var resultRowsMax: Int
    /// Which statements name their trace.
    package var traceComments: TraceComments

    package init(
        hosts: [DatabaseHost], username: String, password: String, database: String, socketPath: String? = nil,
        connectionsMax: Int = 8, acquireTimeoutMilliseconds: Int = 1000, connectTimeoutSeconds: Int = 2,
        hostPauseMilliseconds: Int = 5000,
        readTimeoutSeconds: Int = 10, writeTimeoutSeconds: Int = 10, lockWaitTimeoutSeconds: Int = 2,
        listTimeoutMilliseconds: Int = 2000,
        requiresTLS: Bool = false, certificateAuthorityPath: String? = nil, statementsCachedMax: Int = 32,
        idlePingSeconds: Int = 30, sessionIdleTimeoutSeconds: Int? = nil, resultRowsMax: Int = 10_000,
        traceComments: TraceComments = .none
    ) {
        self.hosts = hosts
        self.username = username
        self.password = password
        self.database = database
        self.socketPath = socketPath
        self.connectionsMax = connectionsMax
        self.acquireTimeoutMilliseconds = acquireTimeoutMilliseconds
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.hostPauseMilliseconds = hostPauseMilliseconds
        self.readTimeoutSeconds = readTimeoutSeconds
        self.writeTimeoutSeconds = writeTimeoutSeconds
        self.lockWaitTimeoutSeconds = lockWaitTimeoutSeconds
        self.listTimeoutMilliseconds = listTimeoutMilliseconds
        self.requiresTLS = requiresTLS
        self.certificateAuthorityPath = certificateAuthorityPath
        self.statementsCachedMax = statementsCachedMax
        self.idlePingSeconds = idlePingSeconds
        self.sessionIdleTimeoutSeconds = sessionIdleTimeoutSeconds
        self.resultRowsMax = resultRowsMax
        self.traceComments = traceComments
    }
}

extension DatabaseConfiguration {
    /// How long each host may take to be connected to.
    var hostConnectSeconds: Int { max(connectTimeoutSeconds / max(hosts.count, 1), 1) }
    /// How long opening a connection may take in all.
    var openingMilliseconds: Int { max(connectTimeoutSeconds, hostConnectSeconds * hosts.count) * 1000 }

    /// Connections that lists may hold at once: half of them, so that a look-up or a change always finds one. No more
    /// than 8, since each also holds one of the service's workers.
    package var listConnectionsMax: Int { max(min(connectionsMax / 2, 8), 1) }
    /// Lists that may wait for one of those: two more rounds. Further ones are refused at once, so that they do not take up
    /// the workers, of which a service has 32.
    package var listWaitersMax: Int { 2 * listConnectionsMax }
}

extension DatabaseConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where, never with what password.
    package var description: String {
        "\(username)@\(socketPath ?? hosts.map(\.description).joined(separator: ","))/\(database)"
    }

    package var debugDescription: String { description }

    /// `dump` and the failure messages of tests show values by reflection: the password is not among them.
    package var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
