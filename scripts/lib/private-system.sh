# shellcheck shell=bash
# The services on a private database and free ports, with no setting of this machine's own. Sourced; needs output,
# settings, ports and processes.

system_ready_seconds=600 # The first build is part of it.
system_stop_seconds=60   # The services' own deadline and the database's.
system_directory=''
system_process=''
system_is_kept=''
system_cleanup=''
declare -A system_port=()
# The settings of the private system; everything else that .env.example lists is as if nobody had set it.
system_own_settings=(SERVICE_TOKEN API_TOKEN JWT_SECRET)

# give_system NAME=VALUE...: settings of the private system that is started after it.
give_system() {
    local setting
    for setting; do
        export "${setting?}"
        system_own_settings+=("${setting%%=*}")
    done
}

# hidden_settings: prints NAME= for each setting of .env.example and for the file that may hold it, but for `system_own_settings`. An empty
# variable also hides the one in .env.
hidden_settings() {
    local name own=" ${system_own_settings[*]} "
    while read -r name; do
        [[ $own == *" $name "* ]] || say "$name="
        say "${name}_FILE="
    done < <(sed -n 's/^#\([A-Z][A-Z_]*\)=.*/\1/p' "$repository/.env.example")
}

# choose_run_command FIRST FOLDER: sets `run_command` to a scripts/run that keeps its data in FOLDER, on free ports from FIRST
# on, which `system_port` then holds.
choose_run_command() {
    system_port[customers]=$(free_port "$1")
    system_port[orders]=$(free_port $((system_port[customers] + 1)))
    system_port[orchestrator]=$(free_port $((system_port[orders] + 1)))
    system_port[notifier]=$(free_port $((system_port[orchestrator] + 1)))
    system_port[payments]=$(free_port $((system_port[notifier] + 1)))
    local hidden
    mapfile -t hidden < <(hidden_settings)
    run_command=(env "${hidden[@]}" RUN_DIRECTORY="$2" NOTIFIER_PORT="${system_port[notifier]}"
        PAYMENT_SIMULATOR_PORT="${system_port[payments]}" WEBHOOK_PORT="$(free_port $((system_port[payments] + 1)))"
        CUSTOMERS_PORT="${system_port[customers]}" ORDERS_PORT="${system_port[orders]}"
        ORCHESTRATOR_PORT="${system_port[orchestrator]}" AMQP_URL="${private_amqp_url:-}"
        "$repository/scripts/run")
}

# start_private_system FOLDER [CLEANUP]: returns when all services are ready; they stop when the script ends, and the function CLEANUP is
# called then. Their logs are kept in FOLDER, unless that is empty. Exports SERVICE_TOKEN and API_TOKEN. They use the broker at
# `private_amqp_url`, where that is set.
start_private_system() {
    system_is_kept=$1
    system_cleanup=${2:-}
    if [[ -n $1 ]]; then
        mkdir -p "$1"
        system_directory=$(cd "$1" && pwd)
    else
        system_directory=$(mktemp -d)
    fi
    take_lock "$system_directory/test.lock" || fail "Another script uses $system_directory; give another folder."
    choose_run_command 24001 "$system_directory"
    SERVICE_TOKEN=$(random_secret)
    API_TOKEN=$(random_secret)
    # With it the Customers API has accounts; links are in its log.
    JWT_SECRET=$(random_secret)
    export SERVICE_TOKEN API_TOKEN JWT_SECRET
    [[ -n ${PRODUCTS_DIRECTORY:-} ]] || say "Building; the first time takes some minutes."
    : >"$system_directory/run.log"
    start_process "$system_directory/run.log" "${run_command[@]}"
    system_process=$started_process
    trap stop_private_system EXIT
    end_on_signals
    if ! wait_until "$system_ready_seconds" system_has_started_or_is_gone || ! system_is_ready; then
        fail "The services do not start; the end of what they said is below."
    fi
}

# system_token MINUTES: prints a token of customer 1 that holds so long; fails where there is none.
system_token() {
    local hidden
    mapfile -t hidden < <(hidden_settings)
    env "${hidden[@]}" "${PRODUCTS_DIRECTORY:-$repository/.build/release}/OrdersAPI" token --customer 1 --minutes "$1" 2>/dev/null
}

service_url() { printf 'http://127.0.0.1:%s' "${system_port[$1]}"; }

# system_is_ready: whether every service would serve.
system_is_ready() {
    local name
    for name in "${!system_port[@]}"; do
        is_ready "$(service_url "$name")" || return 1
    done
}

# system_has_started_or_is_gone: whether scripts/run has placed its order, too, and would end in order from now on.
system_has_started_or_is_gone() {
    is_gone "$system_process" || grep -qF 'Ctrl-C stops everything' "$system_directory/run.log"
}

# On every way out. A service that ended by itself, or does not stop cleanly, is a failure.
stop_private_system() {
    local status=$? system_status=0
    trap - EXIT
    trap '' INT TERM HUP
    stop_processes "$system_stop_seconds" "$system_process" || status=$((status == 0 ? 1 : status))
    wait "$system_process" 2>/dev/null || system_status=$?
    if ((system_status != 0)); then
        tail -n 5 "$system_directory/run.log" >&2
        say "The services did not stop cleanly (status $system_status)." >&2
        status=$((status == 0 ? 1 : status))
    fi
    [[ -n $system_is_kept ]] || rm -rf "$system_directory"
    [[ -z $system_cleanup ]] || "$system_cleanup" || status=$((status == 0 ? 1 : status))
    exit "$status"
}
