private import FreePorts
internal import Glibc
private import WatchedProcesses

/// The folder of a test broker: its data, log, cookie and configuration, the ports it has for itself, and how it is started.
struct RabbitFolder: Sendable {
    let path: String
    let port: Int
    /// Where Erlang's nodes look each other up, and where this one listens for others.
    private let lookUpPort: Int
    private let distributionPort: Int

    /// Where Debian and the makers' packages have the programs themselves, without the wrapper that changes the user.
    private static let programs = "/usr/lib/rabbitmq/bin"

    /// Makes the folder, with copies of some files: it is what is removed in the end, whatever becomes of the test process.
    init(copying files: [String]) throws {
        guard access("\(RabbitFolder.programs)/rabbitmq-server", X_OK) == 0 else {
            throw RabbitError(
                """
                rabbitmq-server is missing, and these tests need a real broker. Install it (Debian, Ubuntu: apt-get install \
                --no-install-recommends rabbitmq-server).
                """)
        }
        var template = Array("/tmp/test-broker-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw RabbitError("No temporary folder.") }
        self.path = String(cString: path)
        port = try freePort()
        lookUpPort = try freePort()
        distributionPort = try freePort()
        try write("[].\n", to: "plugins")
        var status: Int32 = 0
        let copying = WatchedProcess.spawn(["/bin/cp"] + files + [self.path], standardInput: nil)
        guard let copying, waitpid(copying, &status, 0) == copying, status == 0 else {
            throw RabbitError("Cannot copy \(files).")
        }
    }

    /// Where the copy of a file is.
    func copy(of file: String) -> String { path + "/" + (file.split(separator: "/").last ?? "") }

    /// - Parameter settings: lines of `rabbitmq.conf`.
    func configure(_ settings: [String]) throws {
        try write(settings.map { $0 + "\n" }.joined(), to: "rabbitmq.conf")
    }

    /// The end of what the broker has written.
    var log: String { read("server.log") + read("log/\(node).log").suffix(4000) }

    /// The broker's process group, where it runs.
    var group: pid_t? { pid_t(read("group").prefix { $0.isNumber }) }

    private var node: String { "test\(port)@localhost" }

    /// The command that runs the broker and watches its own standard input.
    ///
    /// A line `stop` or `kill` ends the broker and keeps the folder. The end of the input means that the test process is gone,
    /// killed perhaps: then the folder goes as well. Erlang's look-up daemon is started here, since the one that the broker
    /// would start outlives it.
    var command: [String] {
        let script =
            environment + """

                epmd -port \(lookUpPort) -address 127.0.0.1 </dev/null &
                lookup=$!
                setsid "$programs/rabbitmq-server" </dev/null >"$folder/server.log" 2>&1 &
                server=$!
                echo $server >"$folder/group"
                read -r order
                case $order in
                    stop) kill -TERM $server ;;
                    *) kill -KILL -$server || kill -KILL $server ;;
                esac
                wait $server
                kill -KILL $lookup
                if [ -z "$order" ]; then rm -rf "$folder"; fi
                """
        return ["/bin/sh", "-c", script]
    }

    /// The command that has the broker's operator program do something.
    func controlCommand(_ arguments: [String]) -> [String] {
        ["/bin/sh", "-c", environment + "\n\"$programs/rabbitmqctl\" --quiet \"$@\" >\"$folder/control.log\" 2>&1"]
            + ["rabbitmqctl"] + arguments
    }

    var controlLog: String { read("control.log") }

    /// Nothing is read from or written to the machine's own broker: neither files nor ports, nor a cookie in `$HOME`.
    private var environment: String {
        """
        folder=\(path) programs=\(RabbitFolder.programs)
        export HOME="$folder" RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" \\
            RABBITMQ_NODENAME=\(node) RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=\(port) \\
            RABBITMQ_DIST_PORT=\(distributionPort) ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=\(lookUpPort) \\
            RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$folder/advanced.config" \\
            RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" \\
            RABBITMQ_PID_FILE="$folder/pid" ERL_CRASH_DUMP="$folder/erl_crash.dump" \\
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
        """
    }

    private func write(_ text: String, to name: String) throws {
        guard let file = fopen("\(path)/\(name)", "w") else { throw RabbitError("Cannot write \(path)/\(name).") }
        fputs(text, file)
        guard fclose(file) == 0 else { throw RabbitError("Cannot write \(path)/\(name).") }
    }

    private func read(_ name: String) -> String {
        guard let file = fopen("\(path)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
