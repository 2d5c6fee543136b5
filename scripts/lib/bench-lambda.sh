# shellcheck shell=bash
# The loop of the Lambda runtime against loops in C over the same static libcurl. Sourced; needs output, settings, requirements,
# tools, static-libraries and emulator.

# bench_lambda [--quick]
bench_lambda() {
    local rounds=7 events=10000 large_events=300 starts=40 libraries processor
    case ${1:-} in
        '') ;;
        --quick) rounds=3 events=2000 large_events=60 starts=10 ;;
        *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
    esac
    require_swift
    require_packages "${build_requirements[@]}" "${package_requirements[@]}" "${bench_requirements[@]}"
    bench_folder=$(mktemp -d) # Not local: the trap reads it when this function has returned.
    trap 'rm -rf "$bench_folder"' EXIT
    libraries=$(static_libraries)
    build_contestants "$libraries"
    processor=$(($(nproc) - 1))
    : >"$bench_folder/results"
    for ((round = 1; round <= rounds; round++)); do
        [[ ! -t 2 ]] || printf '\rround %d of %d ' "$round" "$rounds" >&2
        run_round "$processor" "$events" "$large_events" "$starts"
    done
    [[ ! -t 2 ]] || printf '\r' >&2
    say "$(nproc) processors, $(uname -m); $rounds rounds of $events events of 1 KB, $large_events of 1 MB, $starts starts; medians"
    awk -f "$library/bench-lambda.awk" "$bench_folder/results"
    say "bootstrap.zip: $(awk -v bytes="$(stat --format %s "$bench_folder/Orchestrator.zip")" 'BEGIN { printf "%.1f", bytes / 1000000 }') MB"
}

# build_contestants LIBRARIES: the references in C, the echoes in Swift and the Orchestrator, all static, into `bench_folder`.
build_contestants() {
    local source=$repository/bench/lambda product
    cc -O2 -o "$bench_folder/runtime-api" "$source/runtime-api.c"
    cc -O2 -static -s -o "$bench_folder/rawsock" "$source/rawsock.c"
    # The linker warns of name resolution in static programs, which the reference does without.
    cc -O2 -static -s -ffunction-sections -Wl,--gc-sections -I"$1/include" -o "$bench_folder/rawcurl" "$source/rawcurl.c" \
        -L"$1/lib" -lcurl -lssl -lcrypto 2>"$bench_folder/cc.log" || fail "rawcurl.c was not built: $(cat "$bench_folder/cc.log")"
    for product in LambdaBenchmark Orchestrator; do
        "$repository/serverless/package" --product "$product" --output "$bench_folder/$product.zip" 1>&2
        unzip_function "$bench_folder/$product.zip" "$bench_folder/$product"
    done
    cp "$source/event.json" "$bench_folder/small.json"
    python3 -c 'import json, sys
event = json.load(open(sys.argv[1]))
event["body"] = "x" * 1000000
json.dump(event, open(sys.argv[2], "w"), separators=(",", ":"))' "$source/event.json" "$bench_folder/large.json"
}

# run_round PROCESSOR EVENTS LARGE-EVENTS STARTS: each contestant once. For events the function and the runtime API share one
# processor, as a function of Lambda has one; for starts they do not, so that the API's own work is not counted.
run_round() {
    local name api=$bench_folder/runtime-api
    local -A command=(
        [rawsock]="$bench_folder/rawsock"
        [rawcurl]="$bench_folder/rawcurl"
        [rawcurl-large]="$bench_folder/rawcurl large-buffers"
        [echo]="$bench_folder/LambdaBenchmark/bootstrap"
        [api-gateway]="$bench_folder/LambdaBenchmark/bootstrap api-gateway"
        [orchestrator]="$bench_folder/Orchestrator/bootstrap"
    )
    SERVICE_TOKEN=$(random_secret)
    export SERVICE_TOKEN LOG_LEVEL=error CUSTOMERS_API_BASE=http://127.0.0.1:1 ORDERS_API_BASE=http://127.0.0.1:1
    for name in rawsock rawcurl echo api-gateway orchestrator; do
        # shellcheck disable=SC2086 # A command and its arguments.
        record "$name" warm taskset -c "$1" "$api" warm "$bench_folder/small.json" "$2" ${command[$name]}
    done
    for name in rawsock rawcurl rawcurl-large echo api-gateway; do
        # shellcheck disable=SC2086
        record "$name" large taskset -c "$1" "$api" warm "$bench_folder/large.json" "$3" ${command[$name]}
    done
    for name in rawsock rawcurl echo orchestrator; do
        # shellcheck disable=SC2086
        record "$name" cold "$api" cold "$bench_folder/small.json" "$4" ${command[$name]}
    done
}

# record CONTESTANT KIND COMMAND...: adds what COMMAND prints to the results.
record() {
    local name=$1 kind=$2 figures
    shift 2
    figures=$("$@") || fail "$name could not be measured."
    printf '%s %s %s\n' "$name" "$kind" "$figures" >>"$bench_folder/results"
}
