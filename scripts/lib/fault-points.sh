# shellcheck shell=bash
# Fault points are for tests: what users run must not hold any. Sourced.

# lack_fault_points DEBUG RELEASE: of the fault points in Sources/, each is in a program of DEBUG, or this would prove nothing,
# and none is in any program of RELEASE. Both are folders of products.
lack_fault_points() {
    local debug=$1 release=$2 products=(CustomersAPI OrdersAPI Orchestrator) product name names=() status=0
    for product in "${products[@]}"; do
        [[ -r $debug/$product && -r $release/$product ]] || fail "$debug and $release must both hold $product."
    done
    readarray -t names < <(grep -rhoE 'faultPoint(LosesReply)?\("[^"]+"' Sources | cut -d '"' -f 2 | sort -u)
    ((${#names[@]})) || fail "Sources/ holds no fault point."
    for name in "${names[@]}" FAULT_PLAN; do
        if ! (cd "$debug" && grep -qaF "$name" "${products[@]}"); then
            say "$name is in no program of $debug."
            status=1
        fi
        if (cd "$release" && grep -laF "$name" "${products[@]}"); then
            say "$name is in the programs of $release named above."
            status=1
        fi
    done
    say "${#names[@]} fault points"
    return "$status"
}
