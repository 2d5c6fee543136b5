# shellcheck shell=bash
# The three services on a private database, on free ports, with tokens, for as long as a script tests them. Sourced; needs
# output, settings, ports and processes.

system_ready_seconds=600 # The first build is part of it.
system_stop_seconds=60   # The services' own deadline and the database's.
system_directory=''
system_process=''
system_is_kept=''
declare -A system_port=()

# start_private_system FOLDER: returns when all services are ready. Their logs are kept in FOLDER, unless that is empty.
# Exports SERVICE_TOKEN and API_TOKEN.
start_private_system() {
    system_is_kept=$1
    if [[ -n $1 ]]; then
        mkdir -p "$1"
        system_directory=$(cd "$1" && pwd)
    else
        system_directory=$(mktemp -d)
    fi
    take_lock "$system_directory/test.lock" || fail "Another script uses $system_directory; give another folder."
    system_port[customers]=$(free_port 24001)
    system_port[orders]=$(free_port $((system_port[customers] + 1)))
    system_port[orchestrator]=$(free_port $((system_port[orders] + 1)))
    SERVICE_TOKEN=$(random_secret)
    API_TOKEN=$(random_secret)
    export SERVICE_TOKEN API_TOKEN
    [[ -n ${PRODUCTS_DIRECTORY:-} ]] || say "Building; the first time takes some minutes."
    # No setting of this machine's own counts; an empty variable also hides the one in .env.
    start_process "$system_directory/run.log" env RUN_DIRECTORY="$system_directory" \
        CUSTOMERS_PORT="${system_port[customers]}" ORDERS_PORT="${system_port[orders]}" \
        ORCHESTRATOR_PORT="${system_port[orchestrator]}" HOST='' DB_HOST='' DB_PORT='' DB_USERNAME='' DB_PASSWORD='' \
        DB_SOCKET='' DB_TLS='' DB_TLS_CA='' DB_NAME='' CUSTOMERS_API_BASE='' ORDERS_API_BASE='' "$repository/scripts/run"
    system_process=$started_process
    if ! wait_until "$system_ready_seconds" system_is_ready_or_gone || ! system_is_ready; then
        tail -n 5 "$system_directory/run.log" >&2
        stop_processes "$system_stop_seconds" "$system_process" || true
        fail "The services do not start; what they said is above."
    fi
}

service_url() { printf 'http://127.0.0.1:%s' "${system_port[$1]}"; }

# system_is_ready: whether every service would serve.
system_is_ready() {
    local name
    for name in "${!system_port[@]}"; do
        curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$(service_url "$name")/health/ready" || return 1
    done
}

system_is_ready_or_gone() { is_gone "$system_process" || system_is_ready; }

# On every way out. A service that ended by itself, or does not stop cleanly, is a failure.
stop_private_system() {
    local status=$? system_status=0
    trap - EXIT
    trap '' INT TERM HUP
    stop_processes "$system_stop_seconds" "$system_process" || status=$((status == 0 ? 1 : status))
    wait "$system_process" 2>/dev/null || system_status=$?
    if ((system_status != 0)); then
        tail -n 3 "$system_directory/run.log" >&2
        say "The services did not stop cleanly (status $system_status)." >&2
        status=$((status == 0 ? 1 : status))
    fi
    [[ -n $system_is_kept ]] || rm -rf "$system_directory"
    exit "$status"
}
