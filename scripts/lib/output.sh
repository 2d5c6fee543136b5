# shellcheck shell=bash
# Words for the person at the terminal. Sourced.

say() { printf '%s\n' "$*"; }

# Ends the script with one sentence that says what is wrong and what to do about it.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Starts the stopwatch that `phase_done` reads.
phase_begins() { phase_started=${EPOCHREALTIME//[.,]/}; }

# phase_done NAME RESULT: one line with the time since `phase_begins`.
phase_done() {
    local hundredths=$(((${EPOCHREALTIME//[.,]/} - phase_started) / 10000))
    printf '%-9s %4d.%02d s  %s\n' "$1" $((hundredths / 100)) $((hundredths % 100)) "$2"
}

# usage: prints the comment at the head of the script, from its "Usage:" on.
usage() { sed -n '/^# Usage:/,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# take_value OPTION VALUE: sets the variable of the caller's that OPTION is named for.
take_value() {
    local option=${1#--}
    [[ -n ${2:-} ]] || fail "$1 needs a value; --help explains it."
    printf -v "${option//-/_}" '%s' "$2"
}
