internal import Glibc
private import WatchedProcesses

/// The folder of a test server: its data, log and socket, and how it is started on them.
struct TestDatabaseFolder: Sendable {
    static let username = "tests"
    static let password = "tests-only"

    let path: String
    private let options: [String]
    private let installer: String
    private let server: String

    /// Makes the folder; the data in it are made by the first start.
    init(options: [String]) throws {
        self.options = options
        installer = try TestDatabaseFolder.program("mariadb-install-db")
        server = try TestDatabaseFolder.program("mariadbd")
        path = try TestDatabaseFolder.make("test-database")
        try TestDatabaseFolder.write(TestDatabaseFolder.grants, to: "\(path)/init.sql")
    }

    /// Makes a folder for a server's files.
    static func make(_ name: String) throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // A socket's path may have 107 characters.
        var template = Array(((parent.utf8.count < 60 ? parent : "/tmp") + "/\(name)-XXXXXX").utf8CString)
        guard let path = mkdtemp(&template) else {
            throw TestDatabaseError("No temporary folder: \(String(cString: strerror(errno)))")
        }
        return String(cString: path)
    }

    /// Makes the user that tests log in as.
    static let grants = """
        CREATE USER IF NOT EXISTS '\(username)'@'%' IDENTIFIED BY '\(password)';
        GRANT ALL PRIVILEGES ON *.* TO '\(username)'@'%' WITH GRANT OPTION;

        """

    /// What the installer and the server have written so far.
    var log: String { TestDatabaseFolder.read("\(path)/install.log") + TestDatabaseFolder.read("\(path)/server.log") }

    /// The server's process, where it runs.
    var serverProcess: pid_t? { pid_t(TestDatabaseFolder.read("\(path)/pid").prefix { $0.isNumber }) }

    /// Whether all the server's threads have stopped (proc(5): state `T`).
    var serverIsPaused: Bool {
        guard let process = serverProcess, let threads = opendir("/proc/\(process)/task") else { return false }
        defer { closedir(threads) }
        while let entry = readdir(threads) {
            let thread = TestDatabaseFolder.name(of: entry)
            guard !thread.hasPrefix(".") else { continue }
            // The state follows the name of the program, which stands in brackets.
            let fields = TestDatabaseFolder.read("/proc/\(process)/task/\(thread)/stat").split(separator: ")").last
            guard fields?.split(separator: " ").first == "T" else { return false }
        }
        return true
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// For a folder whose server never came up; otherwise the watching shell removes it.
    func remove() {
        let shell = WatchedProcess.spawn(["/bin/sh", "-c", "rm -rf \"$0\"", path], standardInput: nil)
        if let shell { waitpid(shell, nil, 0) }
    }

    /// The command that makes the data if needed, runs the server and watches its own standard input.
    ///
    /// Its temporary folder is its own: a server that starts deletes the temporary tables it finds, of whatever server.
    ///
    /// A line `stop` or `kill` ends the server and keeps the folder. The end of the input means that the test process is
    /// gone, killed perhaps: then the folder goes as well.
    func command(port: Int) -> [String] {
        let script = """
            folder=$1 installer=$2 server=$3 user=$4 port=$5
            shift 5
            export TMPDIR="$folder/temporary"
            mkdir -p "$TMPDIR"
            if [ ! -d "$folder/data/mysql" ]; then
                "$installer" --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal \
                    --skip-test-db --innodb-log-file-size=16M $user </dev/null >"$folder/install.log" 2>&1
            fi
            "$server" --no-defaults --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/pid" \
                --port="$port" --bind-address=127.0.0.1 --skip-name-resolve --init-file="$folder/init.sql" \
                --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=2 \
                --max-connections=300 --log-error="$folder/server.log" $user "$@" </dev/null &
            read -r order
            case $order in
                stop) kill -TERM $! ;;
                *) kill -KILL $! ;;
            esac
            wait
            if [ -z "$order" ]; then rm -rf "$folder"; fi
            """
        // The server refuses to run as root unless told to.
        let user = getuid() == 0 ? "--user=root" : ""
        return ["/bin/sh", "-c", script, "test-database", path, installer, server, user, String(port)] + options
    }

    static func program(_ name: String) throws -> String {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "") + ":/usr/sbin:/usr/bin:/usr/local/sbin"
        for folder in folders.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
            return "\(folder)/\(name)"
        }
        throw TestDatabaseError(
            """
            \(name) is missing, and these tests need a real database. Install it (Debian, Ubuntu: apt-get install \
            --no-install-recommends mariadb-server-core mariadb-client), or set MYSQL_TEST_URL to a server.
            """)
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw TestDatabaseError("Cannot write \(path).") }
        fputs(text, file)
        guard fclose(file) == 0 else { throw TestDatabaseError("Cannot write \(path).") }
    }

    static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
