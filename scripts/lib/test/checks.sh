# shellcheck shell=bash
# Checks that are counted, so that none can fail unseen. Sourced; needs output.

passed=0
failed=0

# check [--show] NAME COMMAND...: counts COMMAND as passed or failed; its output is shown where it failed, or always.
check() {
    local name log status show=''
    if [[ $1 == --show ]]; then
        show=yes
        shift
    fi
    name=$1
    shift
    log=$(mktemp)
    phase_begins
    # Not as the condition of an `if`: there bash would go on after a command of COMMAND's own that fails.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if ((status == 0)); then
        passed=$((passed + 1))
        phase_done passed "$name"
    else
        failed=$((failed + 1))
        phase_done FAILED "$name"
        show=yes
    fi
    [[ -z $show ]] || cat "$log"
    rm -f "$log"
}

# count_test_results FOLDER STATUS: adds what the test run reported in FOLDER (JUnit XML). A run that ended with a STATUS other
# than 0 and reported no failure, or that reported no test at all, is a failure of its own.
count_test_results() {
    local results=("$1"/*.xml) tests=0 failures=0
    if [[ -e ${results[0]} ]]; then
        read -r tests failures < <(awk '
            /<testcase / { cases++; bad = 0 }
            /<skipped/ { cases-- }
            /<failure|<error/ { if (!bad++) failures++ }
            END { print cases + 0, failures + 0 }' "${results[@]}")
    fi
    passed=$((passed + tests - failures))
    failed=$((failed + failures))
    if (($2 != 0 && failures == 0)); then
        failed=$((failed + 1))
        say "The test run ended with status $2 without naming a failed test: it crashed or was cut off."
    elif ((tests == 0)); then
        failed=$((failed + 1))
        say "No test ran."
    fi
}

# summarize: the last line; fails if anything failed.
summarize() {
    say "$passed passed, $failed failed"
    ((failed == 0))
}
