# shellcheck shell=bash
# scripts/run --watch: what changes in the sources is built, and what comes of it started anew. Sourced; needs all, services and what
# scripts/run says of each service.

change_quiet_seconds=0.3  # An editor writes a file in several steps, and a checkout many files.
change_burst_seconds=10   # What goes on longer is built as it is then.
shown_errors_max=20       # Of the compiler: those after them follow from them, as a rule.
source_watcher=''
# The program of each service.
declare -A service_products=([customers]=CustomersAPI [orders]=OrdersAPI [orchestrator]=Orchestrator [notifier]=Notifier
    [webhooks]=Notifier [payments]=PaymentSimulator)
declare -A service_port_variables=([customers]=CUSTOMERS_PORT [orders]=ORDERS_PORT [orchestrator]=ORCHESTRATOR_PORT
    [notifier]=NOTIFIER_PORT [webhooks]=WEBHOOK_PORT [payments]=PAYMENT_SIMULATOR_PORT)

# watch_sources: from now on await_change hears of what is written.
watch_sources() {
    local changes=$run_directory/changes
    rm -f "$changes"
    mkfifo -m 600 "$changes"
    exec {source_changes}<>"$changes"
    # Not the files that editors make for a moment.
    start_process "$changes" inotifywait --monitor --recursive --quiet --format '%w%f' \
        --event close_write --event create --event delete --event moved_to --event moved_from \
        --exclude '(/\.[^/]*|~|\.sw[a-z]|/4913|/#[^/]*)$' "$repository/Sources"
    source_watcher=$started_process
}

stop_watching() {
    [[ -n $source_watcher ]] || return 0
    stop_processes 2 "$source_watcher" || true
    rm -f "$run_directory/changes"
}

# await_change SECONDS: waits so long for a change, and takes it over when there is one.
await_change() {
    local change next
    if read -rt "$1" -u "$source_changes" change; then
        [[ $change == "$repository"/* ]] || fail "The sources cannot be watched: $change"
        local burst_end=$((SECONDS + change_burst_seconds))
        while ((SECONDS < burst_end)) && read -rt "$change_quiet_seconds" -u "$source_changes" next; do change=$next; done
        say ''
        take_change "${change#"$repository"/}"
    elif is_gone "$source_watcher"; then
        fail "The sources are not watched any more: inotifywait has ended."
    fi
}

# take_change FILE: builds, and starts anew what came of it. On a failure the services go on as they were.
take_change() {
    local log=$run_directory/logs/build.log name changed=()
    phase_begins
    say "$1 has changed."
    if ! run_build "$log" swift build --configuration debug; then
        show_build_errors "$log"
        phase_done FAILED "build; the services go on as they were"
        return
    fi
    phase_done build "$products"
    for name in payments customers orders orchestrator notifier webhooks; do
        ! is_outdated "$name" || changed+=("$name")
    done
    for name in "${changed[@]}"; do
        if ! migrate_database_of "$name"; then
            say "$name could not migrate; the services go on as they were. It said:"
            last_lines "$run_directory/logs/$name-migrate.log"
            return
        fi
    done
    phase_begins
    for name in "${changed[@]}"; do restart_service "$name"; done
    phase_done ready "${changed[*]:-nothing that runs is another}"
}

# program_identity PROGRAM: prints what is another when it has been built anew.
program_identity() { stat -c '%i %y' "$1"; }

# show_build_errors LOG: the compiler's errors, or the end of what it said.
show_build_errors() {
    local errors
    errors=$(grep -A 3 -m "$shown_errors_max" -E '(^|: )error: ' "$1") || errors=$(tail -n "$shown_errors_max" "$1")
    say "$errors"
}

# is_outdated NAME: whether the service was started, and has another program by now or has ended.
is_outdated() {
    [[ -n ${service_program[$1]:-} ]] || return 1
    [[ -z ${service_process[$1]:-} || ${service_program[$1]} != "$(program_identity "$products/${service_products[$1]}")" ]]
}

# restart_service NAME: one that does not come up is told of; the next change tries again.
restart_service() {
    local name=$1 port=${service_port_variables[$1]} host=$local_host
    if [[ -n ${service_process[$name]:-} ]]; then
        stop_service "$name" || say "$name did not stop in time and was killed."
    fi
    start_service_of "$name"
    [[ $name != payments ]] || host=127.0.0.1
    # One that ends by itself is seen where all are.
    wait_until "$service_ready_seconds" is_ready_or_gone "$name" "http://$host:${!port}" ||
        say "$name is not ready after $service_ready_seconds s. $(end_of_log "$name")"
}
