private import Concurrency
private import FreePorts
private import Glibc
package import MySQL
private import WatchedProcesses

/// Three nodes of a Galera cluster on this machine, in a folder and on ports of their own.
///
/// They end, and the folder goes, with the last reference or with the process, even when that is killed.
package final class GaleraCluster: Sendable {
    private static let nodeCount = 3
    private static let libraries = ["/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"]
    /// Half a minute on a quiet machine: one node makes the data, and the others take them over.
    private static let startPatienceMilliseconds = 120_000

    /// All nodes, without a schema, and a user who may do everything.
    package let configuration: DatabaseConfiguration
    private let folder: String
    private let process: WatchedProcess

    /// Starts the nodes and waits until each knows of all.
    ///
    /// - Throws: `TestDatabaseError` that tells what is missing, or the end of the nodes' logs.
    package init() throws {
        guard let library = GaleraCluster.libraries.first(where: { access($0, R_OK) == 0 }) else {
            throw TestDatabaseError("Galera is missing. Install it (Debian, Ubuntu: apt-get install galera-4).")
        }
        let folder = try TestDatabaseFolder.make("galera")
        self.folder = folder
        try TestDatabaseFolder.write(TestDatabaseFolder.grants, to: "\(folder)/init.sql")
        try TestDatabaseFolder.write(GaleraCluster.positionScript, to: "\(folder)/wsrep_sst_position")
        chmod("\(folder)/wsrep_sst_position", 0o755)
        let ports = try (0..<4 * GaleraCluster.nodeCount).map { _ in try freePort() }
        let hosts = (0..<GaleraCluster.nodeCount).map { DatabaseHost("127.0.0.1", port: ports[4 * $0]) }
        configuration = DatabaseConfiguration(
            hosts: hosts, username: TestDatabaseFolder.username, password: TestDatabaseFolder.password, database: "")
        let arguments =
            [
                folder, try TestDatabaseFolder.program("mariadb-install-db"),
                try TestDatabaseFolder.program("mariadbd"), library, getuid() == 0 ? "root" : "",
            ] + ports.map { String($0) }
        process = try WatchedProcess(["/bin/sh", "-c", GaleraCluster.script, "galera"] + arguments)
        let deadline = Deadline.after(milliseconds: GaleraCluster.startPatienceMilliseconds)
        while !hosts.indices.allSatisfy(isComplete) {
            guard process.isRunning, !deadline.hasPassed else {
                let logs = hosts.indices.map { TestDatabaseFolder.read("\(folder)/\($0 + 1).log").suffix(1500) }
                throw TestDatabaseError("The cluster does not come up:\n\(logs.joined(separator: "\n---\n"))")
            }
            Thread.sleep(milliseconds: 100)
        }
    }

    package var nodes: Range<Int> { configuration.hosts.indices }

    /// One node alone.
    package func configuration(of node: Int, schema: String) -> DatabaseConfiguration {
        var configuration = configuration
        configuration.hosts = [configuration.hosts[node]]
        configuration.database = schema
        return configuration
    }

    /// Kills a node for good.
    package func kill9(_ node: Int) throws { try signal(SIGKILL, node) }

    /// Lets a node do nothing, until `resume`.
    package func pause(_ node: Int) throws { try signal(SIGSTOP, node) }

    package func resume(_ node: Int) throws { try signal(SIGCONT, node) }

    /// Whether a node serves, and is in touch with all others.
    package func isComplete(_ node: Int) -> Bool {
        (try? status("wsrep_cluster_size", of: node)) == String(GaleraCluster.nodeCount)
            && (try? status("wsrep_local_state_comment", of: node)) == "Synced"
    }

    private func status(_ name: String, of node: Int) throws -> String? {
        let database = Database(configuration(of: node, schema: "mysql"))
        defer { database.close() }
        return try database.read(by: .after(milliseconds: 2000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst("SHOW STATUS WHERE variable_name = \(name)") { (row) throws(DatabaseError) in
                try row.string(1)
            }
        }
    }

    private func signal(_ number: Int32, _ node: Int) throws {
        let text = TestDatabaseFolder.read("\(folder)/\(node + 1).pid")
        guard let process = pid_t(text.prefix { $0.isNumber }), kill(process, number) == 0 else {
            throw TestDatabaseError("The process of node \(node + 1) is not to be found.")
        }
    }

    /// All nodes begin with copies of the same data, so no data need be sent to one that joins, but only the position in the
    /// cluster's history that they stand for.
    private static let positionScript = """
        #!/bin/sh
        while [ $# -gt 0 ]; do
            case $1 in
                --role) role=$2 ;;
                --address) address=$2 ;;
                --gtid) position=$2 ;;
            esac
            shift
        done
        file="${0%/*}/position-${address##*:}"
        if [ "$role" = donor ]; then
            echo "$position" >"$file.new"
            mv "$file.new" "$file"
            echo "done $position"
        else
            echo "ready $address"
            tries=0
            until [ -e "$file" ] || [ $tries -ge 300 ]; do
                tries=$((tries + 1))
                sleep 0.1
            done
            cat "$file"
        fi

        """

    /// Makes the data with the first node, copies them for the others, starts all, and watches its own standard input: its end
    /// ends them all.
    ///
    /// The others take a node for gone after 3 s of silence instead of 5 s.
    private static let script = """
        folder=$1 installer=$2 server=$3 library=$4 user=${5:+--user=$5}
        shift 5
        export TMPDIR="$folder/temporary" PATH="$folder:$PATH"
        mkdir -p "$TMPDIR"
        members="gcomm://127.0.0.1:$2,127.0.0.1:$6,127.0.0.1:${10}"
        pids=''

        node() {
            number=$1 port=$2 group=$3 transfer=$4 state=$5
            shift 5
            "$server" --no-defaults --datadir="$folder/$number" --socket="$folder/$number.socket" \
                --pid-file="$folder/$number.pid" --port="$port" --bind-address=127.0.0.1 --skip-name-resolve \
                --innodb-buffer-pool-size=64M --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=1 \
                --max-connections=300 --log-error="$folder/$number.log" --binlog-format=ROW \
                --innodb-autoinc-lock-mode=2 --wsrep-on=ON --wsrep-provider="$library" --wsrep-cluster-name=tests \
                --wsrep-node-name="$number" --wsrep-node-address=127.0.0.1 \
                --wsrep-cluster-address="$members" --wsrep-sst-method=position \
                --wsrep-sst-receive-address="127.0.0.1:$state" --wsrep-slave-threads=2 \
                --wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$group;ist.recv_addr=127.0.0.1:$transfer;gcache.size=64M;evs.suspect_timeout=PT3S;evs.inactive_timeout=PT8S" \
                $user "$@" </dev/null >>"$folder/$number.log" 2>&1 &
            pids="$pids $!"
        }

        is_synced() {
            tries=0
            until grep -q 'Synchronized with group, ready for connections' "$folder/$1.log" 2>/dev/null; do
                tries=$((tries + 1))
                [ $tries -lt 600 ] || return 1
                sleep 0.1
            done
        }

        "$installer" --no-defaults --datadir="$folder/1" --auth-root-authentication-method=normal \
            --skip-test-db --innodb-log-file-size=16M $user </dev/null >"$folder/install.log" 2>&1
        node 1 "$1" "$2" "$3" "$4" --wsrep-new-cluster --init-file="$folder/init.sql"
        is_synced 1
        kill -TERM $pids
        wait $pids
        pids=''
        rm -f "$folder/1/galera.cache" "$folder/1.log"
        cp -r "$folder/1" "$folder/2"
        cp -r "$folder/1" "$folder/3"
        node 1 "$1" "$2" "$3" "$4" --wsrep-new-cluster
        is_synced 1
        node 2 "$5" "$6" "$7" "$8"
        is_synced 2
        node 3 "$9" "${10}" "${11}" "${12}"
        read -r order
        kill -KILL $pids
        wait
        rm -rf "$folder"
        """
}
