# shellcheck shell=bash
# Words for the person at the terminal, and how scripts end. Sourced.

# As the services' own: 1 for what could not be done, these for what was not even tried.
status_misused=2        # As shells and most commands have it.
status_misconfigured=78 # EX_CONFIG of sysexits.h.

say() { printf '%s\n' "$*"; }

# Ends the script with one sentence that says what is wrong and what to do about it.
fail() { end_with 1 "$@"; }

# Ends the script because of how it was called.
misuse() { end_with "$status_misused" "$@"; }

# refuse_option WORD: ends the script because it knows no such option or command.
refuse_option() { misuse "There is no $([[ $1 == -* ]] && printf option || printf command) $1; $0 --help lists those there are."; }

end_with() {
    local status=$1
    shift
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit "$status"
}

# Starts the stopwatch that `phase_done` reads.
phase_begins() { phase_started=${EPOCHREALTIME//[.,]/}; }

# phase_done NAME RESULT: one line with the time since `phase_begins`.
phase_done() {
    local hundredths=$(((${EPOCHREALTIME//[.,]/} - phase_started) / 10000))
    printf '%-9s %4d.%02d s  %s\n' "$1" $((hundredths / 100)) $((hundredths % 100)) "$2"
}

# usage: prints the comment at the head of the script, from its "Usage:" on, and what its end tells.
usage() {
    sed -n '/^# Usage:/,/^[^#]/s/^# \{0,1\}//p' "$0"
    usage_of_statuses
}

usage_of_statuses() {
    cat <<'END'

Exit status: 0 done; 1 not done, or something is wrong; 2 called wrongly; 78 a setting is wrong; 130 and 143 ended by Ctrl-C and SIGTERM
END
}

# take_value OPTION VALUE: sets the variable of the caller's that OPTION is named for.
take_value() {
    local option=${1#--}
    [[ -n ${2:-} ]] || misuse "$1 needs a value; --help explains it."
    printf -v "${option//-/_}" '%s' "$2"
}
