# shellcheck shell=bash
# Waiting with a deadline, starting and stopping processes. Sourced.

# A pipe that never says anything: reading it with a time-out sleeps without starting a process that could be left over.
exec {silent_pipe}<> <(:)

# The terminal, also where a command's output is collected. What is started does not hold it.
exec {progress_output}>&1

pause() { read -rt "$1" -u "$silent_pipe" || true; }

# end_by_signal STATUS: ends this script, from a signal's trap. bash 5.2 remembers the deadline of the `read` that the signal interrupted
# beyond its end, and crashes once that has passed; the next `read` makes it forget.
end_by_signal() {
    pause 0
    exit "$1"
}

# end_on_signals: from now on Ctrl-C and its like end this script, with what it has to do on every way out.
end_on_signals() {
    trap 'end_by_signal 130' INT
    trap 'end_by_signal 143' TERM HUP
}

# is_running PID: whether the process still does something. One that has ended but was not waited for does not; `kill -0` would
# call it alive, and bash does not collect its children while it runs the trap of a signal.
is_running() {
    local state
    { read -r state <"/proc/$1/stat"; } 2>/dev/null || return 1
    [[ ${state##*) } != Z* ]]
}

# wait_until SECONDS COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        pause 0.05
    done
}

is_gone() { ! is_running "$1"; }

# new_log LOG: empties LOG; what an earlier run wrote is kept as LOG.1.
new_log() {
    [[ ! -s $1 ]] || mv -f "$1" "$1.1"
    : >"$1"
}

# What start_process keeps from what it starts; take_lock and watch_sources make them files of their own.
lock=$silent_pipe
source_changes=$silent_pipe

# take_lock FILE: holds FILE until this script ends; fails if another process holds it.
take_lock() {
    exec {lock}>>"$1"
    flock --nonblock "$lock"
}

# start_process LOG COMMAND...: sets `started_process` to the id of COMMAND, whose output goes to LOG. It is out of the reach of
# the terminal's Ctrl-C, so that this script decides the order of stopping, and is killed if this script is killed.
start_process() {
    local log=$1
    shift
    setsid setpriv --pdeathsig KILL -- "$@" </dev/null >>"$log" 2>&1 {lock}>&- {source_changes}>&- {silent_pipe}>&- \
        {progress_output}>&- &
    started_process=$!
}

# stop_processes SECONDS PID...: asks all to stop; kills those that have not done so after SECONDS and then fails.
stop_processes() {
    local seconds=$1 process clean=0
    shift
    for process in "$@"; do kill -TERM "$process" 2>/dev/null || true; done
    for process in "$@"; do
        wait_until "$seconds" is_gone "$process" && continue
        kill -KILL "$process" 2>/dev/null || true
        wait_until 5 is_gone "$process" || true
        clean=1
    done
    return "$clean"
}
