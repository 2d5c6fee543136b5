# shellcheck shell=bash
# A private MariaDB server under `run_directory`, for this machine only. Sourced; needs all.

database_port_first=23306 # Below the ports that the system takes for outgoing connections: one of those cannot be listened on.
database_start_seconds=60 # Recovery after a crash takes under a second here; a busy machine takes many times that.
database_stop_seconds=30  # Writing back what is still in memory.
database_process=''
database_has_started=''

# start_private_database NAME...: starts the server with these databases, and exports DB_HOST, DB_PORT, DB_USERNAME and
# DB_PASSWORD for them.
start_private_database() {
    local data=$run_directory/mariadb log=$run_directory/logs/mariadb.log
    [[ ! -e $data || -O $data ]] ||
        fail "$data belongs to another user ($(stat -c %U "$data")); run as that user, or set RUN_DIRECTORY to another folder."
    stop_leftover_server "$data"
    new_log "$log"
    local port_is_given=${DB_PORT:-}
    DB_PORT=${DB_PORT:-$(free_port "$database_port_first")}
    [[ -z $port_is_given ]] || require_free_ports DB_PORT
    DB_HOST=127.0.0.1
    DB_USERNAME=${DB_USERNAME:-orchestrator}
    keep_secret DB_PASSWORD "$run_directory/secrets.env"
    export DB_HOST DB_PORT DB_USERNAME
    [[ -d $data ]] || initialize_data "$data" "$log"
    write_grants "$run_directory/grants.sql" "$@"
    # Only the server itself takes the port for good: one that was free a moment before may be another run's by then.
    until start_server "$data" "$log" || [[ -n $port_is_given ]] || ! lost_port "$log"; do
        DB_PORT=$(free_port $((DB_PORT + 1)))
    done
    [[ -n $database_has_started ]] ||
        fail "The private database does not start ($(first_database_error "$log")). Mend that, or let scripts/run --reset make a new one: its data are then lost."
}

# start_server DATA LOG: fails unless it comes up on DB_PORT.
start_server() {
    # Relative to the data, where the server works: a path of any length, with whatever in it.
    start_process "$2" mariadbd --no-defaults --user="$(id -un)" --datadir="$1" --socket=mariadb.sock --tmpdir=. \
        --pid-file="$run_directory/mariadb.pid" --port="$DB_PORT" --bind-address=127.0.0.1 --skip-name-resolve \
        --character-set-server=utf8mb4 --innodb-log-file-size=16M --init-file="$run_directory/grants.sql"
    database_process=$started_process
    wait_until "$database_start_seconds" server_has_started_or_is_gone "$2" && server_has_started "$2" || return 1
    database_has_started=yes
}

# server_has_started LOG: whether it lets callers in; what listens on its port may be another server.
server_has_started() { grep -qF 'ready for connections' "$1"; }

server_has_started_or_is_gone() { is_gone "$database_process" || server_has_started "$1"; }

# lost_port LOG: whether the server ended because another program has its port.
lost_port() { is_gone "$database_process" && grep -qF "server running on port: $DB_PORT " "$1"; }

stop_private_database() {
    [[ -n $database_process ]] || return 0
    local clean=0
    # MariaDB 10.11 hangs for good when it is asked to stop in the middle of its start.
    [[ -n $database_has_started ]] ||
        wait_until "$database_start_seconds" server_has_started_or_is_gone "$run_directory/logs/mariadb.log" || true
    stop_processes "$database_stop_seconds" "$database_process" || clean=1
    wait "$database_process" 2>/dev/null || true
    database_process=''
    return "$clean"
}

# A script that was killed may leave its server behind; a second one on the same data would refuse to start.
stop_leftover_server() {
    local data=$1 pid
    pid=$(cat "$run_directory/mariadb.pid" 2>/dev/null) || return 0
    if grep -qzxF -e "--datadir=$data" "/proc/$pid/cmdline" 2>/dev/null; then
        say "Stopping the private database that an earlier run left behind (process $pid)."
        stop_processes "$database_stop_seconds" "$pid" || true
    fi
    rm -f "$run_directory/mariadb.pid"
}

# The folder gets its name when it is whole: a first start that was cut off leaves nothing that looks like data.
initialize_data() {
    local data=$1 log=$2
    rm -rf "$data.new"
    # The installer is a shell script that does not quote its paths: it gets relative ones.
    (
        cd "${data%/*}" &&
            mariadb-install-db --no-defaults --user="$(id -un)" --datadir="./${data##*/}.new" --tmpdir=. --skip-test-db \
                --innodb-log-file-size=16M --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)"
    ) >>"$log" 2>&1 ||
        fail "The private database could not be made ($(first_database_error "$log")); the log is $log."
    mv "$data.new" "$data"
}

# The server runs these statements at each start, before it lets anyone in, so that no password is on a command line.
write_grants() {
    local file=$1 name user password
    shift
    user=$(sql_text "$DB_USERNAME")
    password=$(sql_text "$(secret DB_PASSWORD)")
    rm -f "$file"
    (umask 077 && : >"$file")
    {
        say "CREATE USER IF NOT EXISTS $user@'127.0.0.1';"
        say "ALTER USER $user@'127.0.0.1' IDENTIFIED BY $password;"
        for name in "$@"; do
            name=\`${name//\`/\`\`}\`
            say "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb4;"
            say "GRANT ALL ON $name.* TO $user@'127.0.0.1';"
        done
    } >>"$file"
}

# administer: runs the SQL on standard input as the database's administrator, and prints its rows.
administer() {
    mariadb --no-defaults --batch --skip-column-names --socket="$run_directory/mariadb/mariadb.sock" --user="$(id -un)"
}

sql_text() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\'\'}"
}

# The first error that the log of this start has: those after it follow from it.
first_database_error() {
    local line
    line=$(grep -F -m 1 '[ERROR]' "$1") || line=$(tail -n 1 "$1")
    printf '%s' "${line##*\[ERROR\] }"
}
