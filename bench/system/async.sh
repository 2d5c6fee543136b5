# shellcheck shell=bash
# scripts/bench async: orders that finish by themselves, against those that are created and confirmed by their callers. Sourced; needs
# bench.sh and what that needs.

async_parts=(accept sagas hot latency)

# bench_async [--rounds N] [--seconds S] [PART...]: all parts where none is named.
bench_async() {
    local part parts=() rounds=5 seconds=4 simulator_port customer_token
    while (($#)); do
        case $1 in
            --rounds | --seconds)
                [[ ${2:-} =~ ^[1-9][0-9]?$ ]] || misuse "$1 needs a number from 1 to 99."
                printf -v "${1#--}" '%s' "$2"
                shift
                ;;
            accept | sagas | hot | latency) parts+=("$1") ;;
            *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
        esac
        shift
    done
    ((rounds >= 3)) || fail "Fewer than 3 rounds have no median worth telling."
    prepare_programs PaymentSimulator
    peer_reason='it has no asynchronous orders' # None is started.
    simulator_port=$(free_port 25101)
    start_system 200 '' ASYNC_ORDERS=on WORKER=off "JWT_SECRET=$(random_secret)" "PAYMENT_GATEWAY_URL=http://127.0.0.1:$simulator_port"
    run_step payments migrate env DB_NAME=payments "$products/PaymentSimulator" migrate
    start_service payments "$simulator_port" env DB_NAME=payments "$products/PaymentSimulator"
    wait_for_service payments "$simulator_port"
    customer_token=$(DB_NAME=orders "$products/OrdersAPI" token --customer 1 --minutes 600 2>/dev/null) || fail "No token could be had."
    say "$(nproc) processors, $(uname -m), load average $(cut -d ' ' -f 1 /proc/loadavg) before;" \
        "$(mariadbd --version | sed 's/.*Ver \([^-]*\).*/MariaDB \1/') by loopback TCP; $rounds rounds of $seconds s"
    ((${#parts[@]})) || parts=("${async_parts[@]}")
    for part in "${async_parts[@]}"; do
        [[ " ${parts[*]} " == *" $part "* ]] || continue
        results=$run_directory/results-$part
        : >"$results"
        "measure_async_$part"
    done
}

# place SECONDS CLIENTS: orders by POST /api/v1/orders, of two lines each and with a key.
place() { env LOAD_TOKEN="$customer_token" "$programs/load" "${service_port[orders]}" "$2" "$1" place-order; }

# The 202, while nobody works on what was accepted, in turns with create-order.
measure_async_accept() {
    local round port=${service_port[orders]}
    warm_up place 1 32
    warm_up "$programs/load" "$port" 32 1 create-order
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        record_turn accepted place-order services place "$seconds" 32
        record_turn accepted create-order services "$programs/load" "$port" 32 "$seconds" create-order
    done
    say "POST /api/v1/orders against create-order, 32 in flight; medians (lowest-highest)"
    print_table 'rate p50 p99 services orders customers database statements'
    drain_sagas >/dev/null
}

# Sagas of orders that have accumulated, by one process of workers: reserved, authorized, captured and confirmed.
measure_async_sagas() {
    local round
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        warm_up place 2 32
        say "$(drain_sagas)" >>"$results"
    done
    say "sagas a second from PENDING to CONFIRMED, with their payments at the simulator on the same machine: $(spread <"$results")"
}

# Two products that everybody wants: their stock is taken for many orders in one transaction, against one order a transaction. Payments of
# what is reserved go on meanwhile, at a gateway that takes 200 ms, as one that is not on this machine does.
measure_async_hot() {
    local round figures count taken created first reserved index
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        figures=$(LOAD_PRODUCTS=2 "$programs/load" "${service_port[orders]}" 32 "$seconds" create-order) || fail "No order was created: $figures"
        read -r count taken _ <<<"$figures"
        created=$(ratio "$count" "$taken")
        first=$(last_order)
        LOAD_PRODUCTS=2 warm_up place "$seconds" 32
        plan_payment_faults '{"operation":"create","fault":"delay","delay_ms":200,"percent":100,"seed":1}'
        start_workers
        # Rarely: each look takes a process and 15 ms of a processor.
        for ((index = 0; index < 300; index++)); do
            pause 1
            ! sagas_are_done "status = 'PENDING'" || break
        done
        ((index < 300)) || fail "Orders are left without stock."
        plan_payment_faults
        wait_until 300 sagas_are_done || fail "Sagas are left."
        stop_workers
        # From the first batch to the last, by the database's clock: how long the workers take to start is none of it.
        reserved=$(administer <<<"SELECT ROUND((COUNT(*) - 50) * 1e6 / TIMESTAMPDIFF(MICROSECOND, MIN(created_at), MAX(created_at)))
            FROM orders.order_events WHERE order_id > $first AND type = 'order.stock-reserved'")
        say "$created|$reserved|$(ratio "$reserved" "$created")" >>"$results"
    done
    say "hot products: created a second $(cut -d '|' -f 1 "$results" | spread), reserved a second $(cut -d '|' -f 2 "$results" | spread)," \
        "ratio $(cut -d '|' -f 3 "$results" | spread); wanted is at least 5"
}

# plan_payment_faults [FAULT]: in the place of those that were planned.
plan_payment_faults() {
    curl --silent --show-error --fail --noproxy '*' --header "Authorization: Bearer $API_TOKEN" --header 'Content-Type: application/json' \
        --data "{\"faults\":[${1:-}]}" --output "$run_directory/reply" "http://127.0.0.1:$simulator_port/_simulator/faults" ||
        fail "The simulator plans no faults."
}

# One order at a time on an idle system whose process works on what it accepts: from its 202 to its confirmation by the database's clock.
measure_async_latency() {
    local count=$((rounds * 50)) first index
    stop_processes 20 "${service_process[orders]}" || fail "The Orders API does not stop."
    start_service orders "${service_port[orders]}" env DB_NAME=orders WORKER=on "$products/OrdersAPI"
    wait_for_service orders "${service_port[orders]}"
    first=$(last_order)
    for ((index = 0; index < count; index++)); do
        warm_up place 0 1
        pause 0.05
    done
    wait_until 30 sagas_are_done || fail "The last orders were not confirmed."
    administer <<<"SELECT TIMESTAMPDIFF(MICROSECOND, orders.created_at, event.created_at) / 1000 FROM orders.orders
        JOIN orders.order_events AS event ON event.order_id = orders.id AND event.type = 'order.confirmed'
        WHERE orders.id > $first ORDER BY 1" >"$results"
    say "accepted to CONFIRMED, $(wc -l <"$results") orders one at a time: p50 $(percentile 50 <"$results") ms, p99 $(percentile 99 <"$results") ms"
}

# drain_sagas: has one process of workers finish all sagas, and prints how many it did a second.
drain_sagas() {
    local count began ended
    count=$(administer <<<'SELECT COUNT(*) FROM orders.order_sagas')
    start_workers
    began=$(date +%s%N)
    wait_until 300 sagas_are_done || fail "$(administer <<<'SELECT COUNT(*) FROM orders.order_sagas') sagas are left."
    ended=$(date +%s%N)
    stop_workers
    awk -v count="$count" -v nanoseconds=$((ended - began)) 'BEGIN { printf "%.0f", count * 1e9 / nanoseconds }'
}

start_workers() { start_service workers "$(free_port 25201)" env DB_NAME=orders "$products/OrdersAPI" work; }

stop_workers() {
    stop_processes 20 "${service_process[workers]}" || fail "The workers do not stop."
    wait "${service_process[workers]}" || fail "The workers ended with an error."
    unset 'service_process[workers]'
}

# sagas_are_done [CONDITION]: whether there is no saga; with a CONDITION, whether there is no order that it tells of.
sagas_are_done() { [[ $(administer <<<"SELECT EXISTS (SELECT 1 FROM orders.${1:+orders WHERE }${1:-order_sagas} LIMIT 1)") == 0 ]]; }

last_order() { administer <<<'SELECT COALESCE(MAX(id), 0) FROM orders.orders'; }

# spread: the median of the numbers on standard input, and the lowest and highest.
spread() { sort -n | awk '{ all[NR] = $1 } END { printf "%s (%s-%s)", all[int((NR + 1) / 2)], all[1], all[NR] }'; }

# percentile NUMBER: of the numbers on standard input, which ascend.
percentile() { awk -v share="$1" '{ all[NR] = $1 } END { place = int(NR * share / 100 + 0.999); print all[place < 1 ? 1 : place] }'; }
