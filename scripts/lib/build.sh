# shellcheck shell=bash
# Builds that take minutes. Sourced; needs output, processes and progress.

build_process=''

# run_build LOG COMMAND...: the output of COMMAND goes to LOG; the terminal shows how far it is.
run_build() {
    local log=$1 status=0
    shift
    : >"$log"
    start_process "$log" "$@"
    build_process=$started_process
    await_process "$build_process" building "$log"
    wait "$build_process" || status=$?
    build_process=''
    return "$status"
}

# build_quietly COMMAND...: the output of COMMAND is shown only where it fails.
build_quietly() {
    local log status=0
    log=$(mktemp)
    run_build "$log" "$@" || status=$?
    ((status == 0)) || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

stop_build() { [[ -z $build_process ]] || kill -TERM -- "-$build_process" 2>/dev/null || true; }
