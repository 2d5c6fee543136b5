# shellcheck shell=bash
# The three services as processes: start, wait, show their logs, stop. Sourced; needs all.

service_ready_seconds=30
service_stop_seconds=10     # Beyond DRAIN_TIMEOUT_MS, the services' own deadline for requests under way.
service_log_bytes_max=10485760 # Days of an idle service; a log that grows past this keeps as much again in *.log.1.
shown_lines_max=10 # Of a log: enough for every mistake in a configuration, or a crash's first frames.
declare -A service_process=()
declare -A service_program=() # Of services that may be started again: what was started, to be told from what was built since.

# start_service NAME PORT COMMAND...: the service's variables are those of the environment, and PORT. Whatever LOG_FORMAT is, its log is
# JSON, which scripts read and show as text.
start_service() {
    local name=$1 port=$2 log
    shift 2
    log=$(service_log "$name")
    # One that is started again goes on with its log, which somebody may follow.
    [[ -n ${service_program[$name]:-} ]] || new_log "$log"
    start_process "$log" env PORT="$port" LOG_FORMAT=json "$@"
    service_process[$name]=$started_process
}

# run_step NAME STEP COMMAND...: a command of a service that ends by itself (migrate, seed).
run_step() {
    try_step "$@" || end_with "$?" "$1 could not $2. It said:"$'\n'"$(last_lines "$run_directory/logs/$1-$2.log")"
}

# try_step NAME STEP COMMAND...: the same; fails with the command's status.
try_step() {
    local name=$1 step=$2 log=$run_directory/logs/$1-$2.log
    shift 2
    : >"$log"
    start_process "$log" env LOG_FORMAT=json "$@"
    local process=$started_process
    await_process "$process" "$name: $step" "$log"
    wait "$process"
}

# wait_for_service NAME PORT [HOST]: returns when the service would serve.
wait_for_service() {
    local name=$1 port=$2 host=${3:-$local_host}
    wait_until "$service_ready_seconds" is_ready_or_gone "$name" "http://$host:$port" ||
        fail "$name is not ready after $service_ready_seconds s. $(end_of_log "$name")"
    if is_gone "${service_process[$name]}"; then
        report_death "$name" >&2
        fail "Without $name there is nothing to show; mend that and try again."
    fi
}

is_ready_or_gone() { is_gone "${service_process[$1]}" || is_ready "$2"; }

service_log() { printf '%s' "$run_directory/logs/$1.log"; }

# last_lines LOG: the end of LOG in the words that the terminal shows.
last_lines() { tail -n "$shown_lines_max" "$1" | condense '' | sed 's/^/  /'; }

# end_of_log NAME: where the service's log is, and its end.
end_of_log() {
    local log
    log=$(service_log "$1")
    say "The end of its log, $log:"
    last_lines "$log"
}

# report_death NAME: says that a service has ended that should not have, and why.
report_death() {
    local name=$1 status=0
    wait "${service_process[$name]}" 2>/dev/null || status=$?
    unset "service_process[$name]"
    say "$name stopped by itself ($(exit_status "$status")). $(end_of_log "$name")"
}

# exit_status STATUS: STATUS, with the name of the signal that it stands for.
exit_status() {
    local name=''
    (($1 <= 128)) || name=$(kill -l $(($1 - 128)) 2>/dev/null) || true
    printf 'status %s' "$1${name:+, SIG$name}"
}

# condense NAME: JSON log lines from standard input as `NAME | level | message key=value`, each as soon as it comes.
condense() {
    local options=(-v service="$1")
    # mawk, Debian's awk, otherwise waits for 4 KiB of input.
    [[ $(awk -W version 2>&1 </dev/null) != mawk* ]] || options=(-W interactive "${options[@]}")
    ! has_colors 1 || options+=(-v colored=1)
    # By bytes: what a terminal would act on is looked for as such.
    LC_ALL=C awk "${options[@]}" -f "$library/run/condense-log.awk"
}

# Shows what the services log from now on, until `stop_services`; Ctrl-C is not for these.
follow_logs() {
    local name
    for name in "${!service_process[@]}"; do
        tail -n 0 -s 0.2 --pid=$$ -f "$(service_log "$name")" 2>/dev/null > >(trap '' INT && condense "$name") &
        log_followers+=("$!")
    done
}
log_followers=()

# The services append, so a log can be copied and emptied under them.
bound_logs() {
    local log
    while IFS= read -r log; do
        cp "$log" "$log.1"
        : >"$log"
    done < <(find "$run_directory/logs" -name '*.log' -size "+${service_log_bytes_max}c")
}

# stop_seconds: how long a service may take to end.
stop_seconds() {
    local drain=${DRAIN_TIMEOUT_MS:-}
    [[ $drain =~ ^[0-9]+$ ]] || drain=10000
    printf '%d' $((drain / 1000 + service_stop_seconds))
}

# stop_service NAME: fails where it had to be killed.
stop_service() {
    local clean=0
    stop_processes "$(stop_seconds)" "${service_process[$1]}" || clean=1
    wait "${service_process[$1]}" 2>/dev/null || true
    unset "service_process[$1]"
    return "$clean"
}

stop_services() {
    local name status clean=0
    stop_processes "$(stop_seconds)" "${service_process[@]}" || clean=1
    for name in "${!service_process[@]}"; do
        status=0
        wait "${service_process[$name]}" 2>/dev/null || status=$?
        if ((status != 0)); then
            say "$name did not stop cleanly ($(exit_status "$status")). $(end_of_log "$name")"
            clean=1
        fi
    done
    if ((${#log_followers[@]})); then
        pause 0.3 # The last lines are still on their way to the terminal.
        stop_processes 2 "${log_followers[@]}" || true
        wait "${log_followers[@]}" 2>/dev/null || true
        log_followers=()
    fi
    service_process=()
    return "$clean"
}
