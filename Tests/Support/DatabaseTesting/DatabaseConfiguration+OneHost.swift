package import MySQL

/// Most tests have one host.
extension DatabaseConfiguration {
    package init(host: String, port: Int, username: String, password: String, database: String) {
        self.init(
            hosts: [DatabaseHost(host, port: port)], username: username, password: password, database: database)
    }

    /// The preferred host's name.
    package var host: String {
        get { hosts[0].name }
        set { hosts[0].name = newValue }
    }

    /// The preferred host's port.
    package var port: Int {
        get { hosts[0].port }
        set { hosts[0].port = newValue }
    }
}
