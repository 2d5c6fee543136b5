# shellcheck shell=bash
# How far work is that takes long: on a terminal one line that is rewritten, elsewhere a line now and then. Sourced; needs output and
# processes.

progress_seconds=15 # Few enough lines for the log of a build of many minutes.

# is_terminal DESCRIPTOR: whether it is a terminal that can rewrite a line.
is_terminal() { [[ -t $1 && ${TERM:-dumb} != dumb ]]; }

# has_colors DESCRIPTOR: whether people want colors there (https://no-color.org).
has_colors() { is_terminal "$1" && [[ -z ${NO_COLOR:-} ]]; }

# await_process PID LABEL LOG: returns when the process has ended; tells LABEL, for how long it has run, and the last line of LOG.
await_process() {
    local process=$1 label=$2 log=$3 started=$SECONDS
    if ! is_terminal "$progress_output"; then
        until wait_until "$progress_seconds" is_gone "$process"; do
            say "  $label: $((SECONDS - started)) s: $(progress_of "$log" 100)" >&"$progress_output"
        done
        return
    fi
    wait_until 1 is_gone "$process" && return
    until is_gone "$process"; do
        rewrite_line "$label: $((SECONDS - started)) s" "$log"
        wait_until 1 is_gone "$process" || true
    done
    printf '\r\033[K' >&"$progress_output"
}

# rewrite_line TEXT LOG: shows TEXT and the last line of LOG in place of the terminal's last line.
rewrite_line() {
    local columns
    columns=$(stty size <&"$progress_output" 2>/dev/null | cut -d ' ' -f 2) || true
    [[ $columns =~ ^[1-9][0-9]*$ ]] || columns=80
    local text
    text="$1  $(progress_of "$2" "$columns")"
    printf '\r\033[K%s' "${text:0:columns-1}" >&"$progress_output"
}

# progress_of LOG LENGTH: the beginning of its last line, in the words that the terminal shows.
progress_of() { tail -n 1 "$1" | LC_ALL=C awk -f "$library/run/condense-log.awk" | cut -c "1-$2"; }
