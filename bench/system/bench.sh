# shellcheck shell=bash
# scripts/bench orders, orchestrate, overload, http and memory: the services in turns with programs in C that do the least that the same
# work takes, and with the same services in Go. Sourced; needs system.sh and what that needs.

bench_sources=$repository/bench/system
responder_process=-

# bench_system SUBJECT [--rounds N] [--seconds S] [--clients N] [--customers N] [--socket]
bench_system() {
    local subject=$1 rounds=5 seconds=5 clients=32 customers=200 socket='' transport='loopback TCP'
    shift
    while (($#)); do
        case $1 in
            --rounds | --seconds | --clients | --customers)
                [[ ${2:-} =~ ^[1-9][0-9]{0,3}$ ]] || misuse "$1 needs a number from 1 to 9999."
                [[ $1 != --clients || $subject == orders ]] || fail "Only orders has --clients."
                [[ $1 != --seconds || $subject != memory ]] || fail "memory has no --seconds."
                printf -v "${1#--}" '%s' "$2"
                shift
                ;;
            --socket) socket=yes transport='its Unix socket' ;;
            *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
        esac
        shift
    done
    ((rounds >= 3)) || fail "Fewer than 3 rounds have no median worth telling."
    prepare_programs
    start_system "$customers" "$socket"
    results=$run_directory/results
    : >"$results"
    say "$(nproc) processors, $(uname -m), load average $(cut -d ' ' -f 1 /proc/loadavg) before;" \
        "$(mariadbd --version | sed 's/.*Ver \([^-]*\).*/MariaDB \1/') by $transport"
    "measure_$subject" "$rounds" "$seconds" "$clients"
}

# prepare_programs [PRODUCT...]: the services' release build, PRODUCTs included, and the programs in C; sets `products` and `programs`.
prepare_programs() {
    local product flags
    require_packages "${run_requirements[@]}" "${build_requirements[@]}" "${database_requirements[@]}" "${bench_requirements[@]}"
    products=${PRODUCTS_DIRECTORY:-$repository/.build/release}
    if [[ -z ${PRODUCTS_DIRECTORY:-} ]]; then
        require_swift
        for product in CustomersAPI OrdersAPI Orchestrator "$@"; do
            swift build --package-path "$repository" --configuration release --product "$product" 1>&2
        done
    fi
    programs=$repository/.local/bench
    mkdir -p "$programs"
    read -ra flags <<<"$(pkg-config --cflags --libs mysqlclient)"
    compile load
    compile responder
    compile webhooks
    compile ceiling "${flags[@]}" -pthread
    build_peer
}

# compile PROGRAM [FLAG...]
compile() {
    local program=$1
    shift
    cc -O2 -Wall -Wextra -Werror -o "$programs/$program" "$bench_sources/$program.c" "$@" || fail "$program.c was not built."
}

# build_peer: sets `peer_reason` to why there is no peer in Go; nothing if there is one. Its driver is the distribution's, as the
# services' libraries are.
build_peer() {
    peer_reason=''
    rm -f "$programs/peer"
    if ! command -v go >/dev/null; then
        peer_reason='there is no go (Debian: golang-go, golang-github-go-sql-driver-mysql-dev)'
    elif ! GO111MODULE=off GOPATH=${GOPATH:-/usr/share/gocode} go build -o "$programs/peer" "$bench_sources"/peer*.go \
        >"$programs/peer.log" 2>&1; then
        peer_reason="go could not build it: $(head -n 1 "$programs/peer.log")"
    fi
}

tell_what_is_missing() { [[ -z $peer_reason ]] || say "Not run: the peer in Go, since $peer_reason."; }

# measure_orders ROUNDS SECONDS CLIENTS: create-order, each with a key, against the statements alone.
measure_orders() {
    local round port=${service_port[orders]}
    warm_up "$programs/load" "$port" "$3" 2 create-order
    warm_up "$programs/ceiling" "$3" 2 create
    [[ -n $peer_reason ]] || warm_up "$programs/load" "${peer_port[orders]}" "$3" 2 create-order
    for ((round = 1; round <= $1; round++)); do
        tell_round "$round" "$1"
        record_turn "$3 in flight" "Orders API" services "$programs/load" "$port" "$3" "$2" create-order
        record_turn "$3 in flight" "C ceiling" '' "$programs/ceiling" "$3" "$2" create
        record_peer "$3 in flight" "$programs/load" "${peer_port[orders]}" "$3" "$2" create-order
    done
    say "create-order of two lines with a key; $1 rounds of $2 s; medians (lowest-highest)"
    print_table 'rate p50 p99 services orders customers database statements'
    tell_what_is_missing
}

# measure_orchestrate ROUNDS SECONDS: create-and-confirm through all services, against the statements of both transactions.
measure_orchestrate() {
    local round count storage port=${service_port[orchestrator]}
    warm_up "$programs/load" "$port" 32 2 orchestrate
    storage=$(storage_bytes)
    warm_up "$programs/ceiling" 32 2 create-and-confirm
    [[ -n $peer_reason ]] || warm_up "$programs/load" "${peer_port[orchestrator]}" 32 2 orchestrate
    for ((round = 1; round <= $1; round++)); do
        tell_round "$round" "$1"
        for count in 1 8 32; do
            record_turn "$count in flight" "all services" services "$programs/load" "$port" "$count" "$2" orchestrate
            record_turn "$count in flight" "C ceiling" '' "$programs/ceiling" "$count" "$2" create-and-confirm
            record_peer "$count in flight" "$programs/load" "${peer_port[orchestrator]}" "$count" "$2" orchestrate
        done
    done
    say "create-and-confirm-order of two lines; $1 rounds of $2 s; medians (lowest-highest)"
    print_table 'rate p50 p99 services orchestrator orders customers database statements'
    say "an order of the services' takes $storage bytes in the database's tables and indexes, its kept replies included"
    tell_what_is_missing
}

# storage_bytes: of each order that there is, with what belongs to it.
storage_bytes() {
    local bytes
    administer <<<'ANALYZE TABLE orders.orders, orders.order_items, orders.idempotency_keys' >/dev/null
    bytes=$(administer <<<"SELECT ROUND(SUM(data_length + index_length) / (SELECT COUNT(*) FROM orders.orders))
        FROM information_schema.tables
        WHERE table_schema = 'orders' AND table_name IN ('orders', 'order_items', 'idempotency_keys')")
    printf '%s' "$bytes"
}

# measure_overload ROUNDS SECONDS: orchestrations by more clients than can be served, who ask again at once or when they are told to,
# against 32 of them; and whether every service tells how it is meanwhile.
measure_overload() {
    local round factor port=${service_port[orchestrator]} watcher
    warm_up "$programs/load" "$port" 32 2 orchestrate
    : >"$run_directory/health"
    watch_health "$run_directory/health" &
    watcher=$!
    for ((round = 1; round <= $1; round++)); do
        tell_round "$round" "$1"
        for factor in 2 10 40; do
            record_turn "$factor times" "$((factor * 32)) in flight" services "$programs/load" "$port" $((factor * 32)) "$2" orchestrate
            record_turn "$factor times" "32 in flight" services "$programs/load" "$port" 32 "$2" orchestrate
            record_turn "$factor times, obeying" "$((factor * 32)) clients" services \
                env LOAD_OBEYS=yes "$programs/load" "$port" $((factor * 32)) "$2" orchestrate
            record_turn "$factor times, obeying" "32 in flight" services "$programs/load" "$port" 32 "$2" orchestrate
        done
    done
    kill "$watcher"
    wait "$watcher" || true
    say "create-and-confirm-order of two lines; $1 rounds of $2 s; medians (lowest-highest); refused answers are not counted"
    print_table 'rate p50 p99 services database'
    say "health: $(grep -c '^answered' "$run_directory/health") answered, $(grep -vc '^answered' "$run_directory/health") not"
}

# watch_health FILE: asks each service twice a second whether it lives and whether it would serve, and writes down what became of it.
watch_health() {
    local name way
    while kill -0 "$$" 2>/dev/null; do
        pause 0.5
        for name in customers orders orchestrator; do
            for way in live ready; do
                if curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "http://127.0.0.1:${service_port[$name]}/health/$way"; then
                    say answered
                else
                    say "$name $way"
                fi
            done
        done
    done >>"$1"
}

# measure_http ROUNDS SECONDS: 64 kept-alive connections to the Customers API, against a server that sends the same bytes.
measure_http() {
    local round port=${service_port[customers]} reference name target
    local -A targets=([/health/live]=/health/live [find-one]=/admin/customers/find-one/1)
    reference=$(free_port $((service_port[orchestrator] + 1)))
    for name in /health/live find-one; do
        target=${targets[$name]}
        curl --silent --fail --noproxy '*' --include --header "Authorization: Bearer $API_TOKEN" --output "$run_directory/reply" \
            "http://127.0.0.1:$port$target" || fail "The Customers API does not answer $target."
        start_process "$run_directory/logs/responder.log" "$programs/responder" "$reference" "$run_directory/reply"
        responder_process=$started_process
        wait_until 5 port_is_taken "$reference" || fail "responder does not start: $(<"$run_directory/logs/responder.log")"
        warm_up "$programs/load" "$port" 64 2 get "$target"
        [[ -n $peer_reason ]] || warm_up "$programs/load" "${peer_port[customers]}" 64 2 get "$target"
        for ((round = 1; round <= $1; round++)); do
            tell_round "$round" "$1"
            record_turn "$name" "Customers API" services "$programs/load" "$port" 64 "$2" get "$target"
            record_turn "$name" "C responder" responder "$programs/load" "$reference" 64 "$2" get "$target"
            record_peer "$name" "$programs/load" "${peer_port[customers]}" 64 "$2" get "$target"
        done
        stop_processes 5 "$responder_process" || true
        responder_process=-
    done
    say "64 kept-alive connections; $1 rounds of $2 s; medians (lowest-highest)"
    print_table 'per_cpu rate p50 p99 services database statements'
    tell_what_is_missing
}

# measure_memory ROUNDS: of freshly started services, idle and while 512 connections are kept open after a request on each.
measure_memory() {
    local round name
    local -A idle
    for ((round = 1; round <= $1; round++)); do
        tell_round "$round" "$1"
        if ((round > 1)); then
            stop_services || fail "The services did not stop cleanly."
            start_services
        fi
        pause 2
        for name in "${!service_process[@]}"; do idle[$name]=$(memory_kilobytes "${service_process[$name]}"); done
        for name in customers orders orchestrator; do
            measure_held "$name" "${service_port[$name]}" "${idle[$name]}"
            [[ -n $peer_reason ]] || measure_held "peer-$name" "${peer_port[$name]}" "${idle[peer-$name]}"
        done
    done
    say "memory in MB: proportional (PSS, a shared page counts in parts) and resident (RSS); $1 starts; medians (lowest-highest)"
    awk -f "$bench_sources/memory.awk" "$results"
    for name in "$products"/{CustomersAPI,OrdersAPI,Orchestrator} "$programs/peer"; do tell_stripped "$name"; done
    tell_what_is_missing
}

# measure_held NAME PORT IDLE: adds a line to the results: IDLE, and what the process takes with 512 connections.
measure_held() {
    local holder
    : >"$run_directory/held"
    start_process "$run_directory/held" "$programs/load" "$2" 512 600 hold /health/live
    holder=$started_process
    wait_until 15 grep -q '^held$' "$run_directory/held" || fail "512 connections to $1 were not all answered: $(<"$run_directory/held")"
    pause 1
    say "$1 $3 $(memory_kilobytes "${service_process[$1]}")" >>"$results"
    stop_processes 5 "$holder" || true
}

# tell_stripped PROGRAM: its size without symbols.
tell_stripped() {
    local file=$run_directory/stripped
    [[ -e $1 ]] || return 0
    strip -o "$file" "$1" || fail "$1 could not be stripped."
    say "${1##*/}, stripped: $(($(stat --format %s "$file") / 1000)) kB"
}

# memory_kilobytes PID: PSS and RSS.
memory_kilobytes() { awk '$1 == "Pss:" { pss = $2 } $1 == "Rss:" { rss = $2 } END { print pss, rss }' "/proc/$1/smaps_rollup"; }

tell_round() { [[ ! -t 2 ]] || printf '\rround %d of %d ' "$1" "$2" >&2; }

warm_up() {
    local figures
    figures=$("$@") || fail "${1##*/} could do nothing: $figures"
}

# record_turn GROUP CONTESTANT SERVING COMMAND...: adds a line to the results: what COMMAND prints, and what was used meanwhile. SERVING
# is "services", "peers" or "responder"; empty if COMMAND itself did the work, and prints its own use as a last figure.
record_turn() {
    local group=$1 contestant=$2 serving=$3 figures count seconds p50 p99 notes served name statements
    local -A process=([database]=$database_process [customers]=- [orders]=- [orchestrator]=- [responder]=$responder_process) used=()
    shift 3
    for name in customers orders orchestrator; do
        case $serving in
            services) process[$name]=${service_process[$name]} ;;
            peers) process[$name]=${service_process[peer-$name]} ;;
        esac
    done
    for name in "${!process[@]}"; do used[$name]=$(cpu_milliseconds "${process[$name]}"); done
    statements=$(statements_count)
    figures=$("$@") || fail "$contestant could not be measured: $figures"
    statements=$(($(statements_count) - statements))
    for name in "${!process[@]}"; do
        [[ ${used[$name]} == - ]] || used[$name]=$(($(cpu_milliseconds "${process[$name]}") - used[$name]))
    done
    read -r count seconds p50 p99 notes served <<<"$figures"
    case $serving in
        services | peers) served=$((used[customers] + used[orders] + used[orchestrator])) ;;
        responder) served=${used[responder]} ;;
    esac
    printf '%s|' "$group" "$contestant" "$count" "$seconds" "$p50" "$p99" "$notes" "$served" "${used[customers]}" "${used[orders]}" \
        "${used[orchestrator]}" "${used[database]}" >>"$results"
    say "$statements" >>"$results"
}

# record_peer GROUP COMMAND...: as above, if there is a peer.
record_peer() {
    local group=$1
    shift
    [[ -n $peer_reason ]] || record_turn "$group" "Go peer" peers "$@"
}

# print_table COLUMNS: of the results, and the ratios of the rounds' pairs.
print_table() {
    [[ ! -t 2 ]] || printf '\r' >&2
    awk -F '|' -v columns="$1" -f "$bench_sources/table.awk" "$results"
}
