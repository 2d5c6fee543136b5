# shellcheck shell=bash
# scripts/bench events: from the commit of an order to its webhook. Sourced; needs bench.sh, notifier.sh and what those need.

event_parts=(numbering latency webhooks dead return snapshot)

# bench_events [--rounds N] [--quick] [PART...]: all parts where none is named.
bench_events() {
    local part parts=() rounds=3 seconds=4 numbered=100000 latencies=500 backlog=20000 round_backlog=7000 returning=10000 snapshot_rows=300000
    while (($#)); do
        case $1 in
            --rounds)
                [[ ${2:-} =~ ^([3-9]|[1-9][0-9])$ ]] || misuse "--rounds takes a whole number from 3 to 99."
                rounds=$2
                shift
                ;;
            --quick) seconds=2 numbered=30000 latencies=150 backlog=6000 round_backlog=3500 returning=4000 snapshot_rows=100000 ;;
            numbering | latency | webhooks | dead | return | snapshot) parts+=("$1") ;;
            *) fail "There is no option $1; scripts/bench --help lists those there are." ;;
        esac
        shift
    done
    prepare_programs Notifier
    peer_reason='it has no events' # None is started.
    start_system 200 ''
    results=$run_directory/results
    : >"$results"
    say "$(nproc) processors, $(uname -m), load average $(cut -d ' ' -f 1 /proc/loadavg) before;" \
        "$(mariadbd --version | sed 's/.*Ver \([^-]*\).*/MariaDB \1/') by loopback TCP; $rounds rounds"
    ((${#parts[@]})) || parts=("${event_parts[@]}")
    for part in "${event_parts[@]}"; do
        [[ " ${parts[*]} " == *" $part "* ]] || continue
        [[ $part == numbering || -n ${service_process["notifier"]:-} ]] || start_notifier
        "measure_$part"
    done
    [[ ! -t 2 ]] || printf '\r' >&2
    awk -F '|' -f "$bench_sources/events.awk" "$results"
}

# note NAME VALUE
note() { say "$1|$2" >>"$results"; }

# take_figures COMMAND...: sets `figures` to what it prints.
take_figures() { figures=$("$@") || fail "${1##*/} could not be measured: $figures"; }

# ratio NUMBER DIVISOR
ratio() { awk -v number="$1" -v divisor="$2" 'BEGIN { printf "%.4f", number / divisor }'; }

# measure_numbering: the events of orders that are put in by SQL, in turns with orders; and one reader of the log.
measure_numbering() {
    local round count taken orders events figures
    warm_up "$programs/load" "${service_port[orders]}" 32 1 create-order
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/load" "${service_port[orders]}" 32 "$seconds" create-order
        read -r count taken _ <<<"$figures"
        orders=$(ratio "$count" "$taken")
        events=$(number_events $((events_stored * round)))
        note 'orders created a second' "$orders"
        note 'events numbered a second' "$events"
        note 'numbered against created' "$(ratio "$events" "$orders")"
    done
    for ((round = 1; round <= rounds; round++)); do
        take_figures "$programs/webhooks" feed "${service_port[orders]}" $((numbered / 2))
        read -r count taken <<<"$figures"
        note 'events read a second' "$(ratio "$count" "$taken")"
    done
}

# number_events FIRST: puts in events of orders from the id FIRST, and prints how many the Orders API numbers a second: from the first
# of its transactions that is seen to the last.
number_events() {
    administer <<SQL || fail "The events were not numbered."
        SET @last = (SELECT seq FROM orders.event_sequence WHERE id = 1);
        START TRANSACTION;
        INSERT INTO orders.order_events (order_id, version, event_id, type, body, created_at)
        SELECT $1 + seq, 1, UNHEX(MD5($1 + seq)), 'order.created', $(event_body), UTC_TIMESTAMP(6) FROM orders.seq_1_to_$numbered;
        INSERT INTO orders.event_outbox (order_id, version, type)
        SELECT $1 + seq, 1, 'order.created' FROM orders.seq_1_to_$numbered;
        COMMIT;
        DELIMITER //
        BEGIN NOT ATOMIC
            DECLARE first_seq, seen BIGINT DEFAULT @last;
            DECLARE began, deadline DATETIME(6) DEFAULT SYSDATE(6) + INTERVAL 120 SECOND;
            WHILE seen < @last + $numbered DO
                DO SLEEP(0.002);
                SELECT seq INTO seen FROM orders.event_sequence WHERE id = 1;
                IF first_seq = @last AND seen > @last THEN SET first_seq = seen, began = SYSDATE(6); END IF;
                IF SYSDATE(6) > deadline THEN SIGNAL SQLSTATE '45000'; END IF;
            END WHILE;
            SELECT (seen - first_seq) * 1000000 / TIMESTAMPDIFF(MICROSECOND, began, SYSDATE(6));
        END//
SQL
}

# measure_latency: from an order's reply to its webhook, nothing else under way.
measure_latency() {
    local round p50 p99 figures
    warm_up "$programs/webhooks" latency "${service_port[orders]}" "$order_port" 50
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$latencies"
        read -r _ _ p50 p99 <<<"$figures"
        note 'idle: p50 ms' "$p50"
        note 'idle: p99 ms' "$p99"
    done
}

# measure_webhooks: a backlog to several endpoints.
measure_webhooks() {
    local round count=$((backlog / healthy_count)) rate used database statements
    require_healthy
    backlog=$((count * healthy_count))
    start_receiver "$backlog"
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        queue_deliveries "$count" "${healthy[@]}"
        used=$(cpu_milliseconds "${service_process[notifier]}")
        database=$(cpu_milliseconds "$database_process")
        statements=$(statements_count)
        rate=$(wait_for_received "$round")
        note 'webhooks a second' "$rate"
        statements=$(($(statements_count) - statements))
        used=$(($(cpu_milliseconds "${service_process[notifier]}") - used))
        note 'the Notifier, CPU us each' "$(ratio $((used * 1000)) "$backlog")"
        note 'webhooks a CPU-second of it' "$(ratio $((backlog * 1000)) "$used")"
        note 'the database, CPU us each' "$(ratio $((($(cpu_milliseconds "$database_process") - database) * 1000)) "$backlog")"
        note 'statements each' "$(ratio "$statements" "$backlog")"
    done
    stop_processes 5 "$receiver" || true
}

measure_dead() {
    require_healthy
    measure_dead_endpoint hangs
    measure_dead_endpoint refuses
}

# measure_dead_endpoint WAY: the rate of the others beside one that hangs or refuses, new in each round, and without it.
measure_dead_endpoint() {
    local round turn count=$((round_backlog / healthy_count)) rate beside dead
    start_receiver $((count * healthy_count))
    for ((round = 1; round <= rounds + 2; round++)); do
        tell_round "$round" $((rounds + 2))
        for turn in $((round % 2)) $(((round + 1) % 2)); do
            ((turn == 0)) || begin_dead_endpoint "$1"
            queue_deliveries "$count" "${healthy[@]}"
            rate=$(wait_for_received $(($(wc -l <"$received") + 1)))
            if ((turn == 0)); then alone=$rate; else beside=$rate && end_dead_endpoint; fi
        done
        note "without a dead endpoint: webhooks a second" "$alone"
        note "beside one that $1: against that" "$(ratio "$beside" "$alone")"
    done
    stop_processes 5 "$receiver" || true
}

# begin_dead_endpoint WAY: with deliveries that are under way; sets `dead` and `hanging`.
begin_dead_endpoint() {
    hanging=-
    if [[ $1 == hangs ]]; then
        start_process "$run_directory/logs/hanging.log" "$programs/webhooks" hang "$dead_port"
        hanging=$started_process
        wait_until 5 port_is_taken "$dead_port" || fail "The receiver that hangs does not start."
    fi
    dead=$(create_endpoint "$dead_port" order.canceled)
    queue_deliveries 500 "$dead"
    pause 2.5 # They are due in a second, and have waited for another.
}

end_dead_endpoint() {
    [[ $hanging == - ]] || stop_processes 5 "$hanging" || true
    remove_endpoint "$dead"
}

# measure_return: the latency of orders while an endpoint that was away takes what has waited for it, against that before; and its rate.
measure_return() {
    local round p50 p99 figures returned before few=$((latencies / 3))
    for ((round = 1; round <= rounds; round++)); do
        tell_round "$round" "$rounds"
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$few"
        read -r _ _ _ before <<<"$figures"
        returned=$(create_endpoint "$receiver_port" order.canceled)
        queue_deliveries "$returning" "$returned"
        pause 4 # It is known to fail by then.
        # Those that have failed wait for their next turn; the others are enough.
        start_receiver $((returning - 100))
        take_figures "$programs/webhooks" latency "${service_port[orders]}" "$order_port" "$few"
        read -r _ _ p50 p99 <<<"$figures"
        note 'while one comes back: p50 ms' "$p50"
        note 'while one comes back: p99 ms' "$p99"
        note 'the same against before' "$(ratio "$p99" "$before")"
        note 'it takes webhooks a second' "$(wait_for_received 1)"
        stop_processes 5 "$receiver" || true
        remove_endpoint "$returned"
    done
}

# measure_snapshot: how long an empty-handed claim takes in the database, beside finished rows that an open snapshot keeps; and how long one
# that begins at the beginning, as the Notifier's does once a minute.
measure_snapshot() {
    local snapshot part id figures
    id=$(create_endpoint "$receiver_port" order.canceled)
    # Sessions that begin from here on have the times of their statements written down.
    administer <<<"SET GLOBAL long_query_time = 0, GLOBAL log_slow_filter = '', GLOBAL slow_query_log_file = 'statements.log',
        GLOBAL slow_query_log = ON"
    stop_processes 20 "${service_process[notifier]}" || fail "The Notifier does not stop."
    run_notifier
    take_figures claim_milliseconds "$id"
    note 'empty claim: ms' "$figures"
    start_process "$run_directory/logs/snapshot.log" mariadb --no-defaults --batch --socket="$run_directory/mariadb/mariadb.sock" \
        --user="$(id -un)" --execute='START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT 1; SELECT SLEEP(300)'
    snapshot=$started_process
    pause 1
    # In parts, each of which fits the server's log.
    for ((part = 0; part < 10; part++)); do
        administer <<SQL || fail "The finished rows could not be made."
            START TRANSACTION;
            INSERT INTO notifier.lanes (endpoint_id, order_id, replay, run_at, fence)
            SELECT $id, 2 * $events_stored + seq, $part, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, 0
            FROM orders.seq_1_to_$((snapshot_rows / 10));
            DELETE FROM notifier.lanes WHERE endpoint_id = $id AND order_id > 2 * $events_stored AND replay = $part;
            COMMIT;
SQL
    done
    take_figures claim_milliseconds "$id"
    note 'beside an open snapshot: ms' "$figures"
    take_figures claim_from_the_beginning_milliseconds "$id"
    note 'from the beginning: ms' "$figures"
    stop_processes 5 "$snapshot" || true
}

# claim_milliseconds ENDPOINT: the median of the Notifier's claims of 10 s, by the server's log; of those that have found nothing.
claim_milliseconds() {
    local log=$run_directory/mariadb/statements.log known
    known=$(wc -l <"$log")
    pause 10
    tail -n "+$((known + 1))" "$log" | awk -v endpoint="$1" '/^# Query_time:/ { seconds = $3; is_empty = $7 == 0 }
        /^SELECT order_id, replay, run_at FROM lanes/ { is_claim = is_empty; next }
        is_claim && $1 == "WHERE" && $4 == endpoint { print seconds * 1000 } { is_claim = 0 }' | sort -n |
        awk '{ all[NR] = $1 } END { if (!NR) exit 1; printf "%.3f", all[int((NR + 1) / 2)] }'
}

claim_from_the_beginning_milliseconds() {
    administer <<SQL
        USE notifier;
        SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
        SET @began = SYSDATE(6);
        SELECT order_id FROM lanes FORCE INDEX (ix_lanes_run_at)
            WHERE endpoint_id = $1 AND run_at BETWEEN '2001-09-09' AND UTC_TIMESTAMP(6) ORDER BY run_at LIMIT 8 FOR UPDATE SKIP LOCKED;
        SELECT TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 1000;
SQL
}
